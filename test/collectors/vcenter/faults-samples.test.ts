import type { FakeVcenter } from "../../support/fake-vcenter.d.mts";
import { largeInventory } from "../../support/fake-vcenter-examples.mjs";
import { createVcenterBench } from "../../support/fake-vcenter-reader.ts";
import type { Told } from "../../support/reading-vcenter.ts";

const bench = createVcenterBench();
afterAll(() => bench.close());

const START = Date.parse("2026-11-23T10:00:00Z");
const READY = "cpu.ready.summation";
const at = (n: number) => START + 20_000 * n;

/** Milliseconds of ready time of the first machine's first vCPU, from the n-th sample on. */
function addReady({ performance }: FakeVcenter, n: number, ...values: readonly (number | string | undefined)[]): void {
  performance.addSeries("vm-101", READY, "0", at(n), values);
}

function readyMs(told: Told): number {
  expect(told).toMatchObject({ state: "ok", detail: "" });
  return Math.round(1000 * (told.by("virtloss_vcpu_ready_seconds_total", "vm", "vcpu")["vm101 0"] ?? Number.NaN));
}

function samples(told: Told): Record<string, number> {
  return told.by("virtloss_vcenter_samples_total", "result");
}

test("begins with the newest sample, and counts each later one once however often it is asked", async () => {
  const vcenter = await bench.startVcenter();
  const reader = bench.open(vcenter);
  addReady(vcenter, 0, 1, 20, 300);
  const first = readyMs(await reader.read());
  const again = readyMs(await reader.read());
  addReady(vcenter, 3, 4000);
  const next = readyMs(await reader.read());

  const last = await reader.read();

  expect([first, again, next, readyMs(last)]).toEqual([300, 300, 4300, 4300]);
  expect(samples(last)).toEqual({ counted: 2, missing: 0 });
});

test.each(["oldest first", "newest first"] as const)(
  "after polls that were missed all is made up for, %s",
  async (order) => {
    const vcenter = await bench.startVcenter();
    vcenter.performance.order = order;
    const reader = bench.open(vcenter);
    addReady(vcenter, 0, 1);
    await reader.read();
    addReady(vcenter, 1, 10, 100, 1000, 10_000);

    const told = await reader.read();

    expect(readyMs(told)).toBe(11_111);
    expect(samples(told)).toEqual({ counted: 5, missing: 0 });
    expect(told.by("virtloss_vcenter_newest_sample_timestamp_seconds", "server")).toEqual({ vc: at(4) / 1000 });
  },
);

test("a sample that comes after a newer one is counted, once", async () => {
  const vcenter = await bench.startVcenter();
  const reader = bench.open(vcenter);
  addReady(vcenter, 0, 1);
  await reader.read();
  addReady(vcenter, 2, 100);
  const withHole = readyMs(await reader.read());
  addReady(vcenter, 1, 10);
  const filled = readyMs(await reader.read());
  addReady(vcenter, 3, 1000);

  const told = await reader.read();

  expect([withHole, filled, readyMs(told)]).toEqual([101, 111, 1111]);
  expect(samples(told)).toEqual({ counted: 4, missing: 0 });
});

test("a hole in one counter adds nothing to it, and the others count on", async () => {
  const vcenter = await bench.startVcenter();
  const reader = bench.open(vcenter);
  addReady(vcenter, 0, 1);
  vcenter.performance.addSeries("vm-101", "cpu.run.summation", "0", at(0), [5, 50, 500]);
  await reader.read();
  addReady(vcenter, 3, 1000);
  vcenter.performance.addSeries("vm-101", "cpu.run.summation", "0", at(3), [5000]);

  const told = await reader.read();

  // Begun with the newest sample that there was, which has no ready time.
  expect(readyMs(told)).toBe(1000);
  expect(told.by("virtloss_vcpu_run_seconds_total", "vm", "vcpu")).toEqual({ "vm101 0": 5.5 });
  expect(samples(told)).toEqual({ counted: 2, missing: 0 });
});

test("a sample that never comes is waited for and then told as missing", async () => {
  const vcenter = await bench.startVcenter();
  const reader = bench.open(vcenter);
  addReady(vcenter, 0, 1);
  await reader.read();
  addReady(vcenter, 2, 100);
  const waiting = await reader.read();
  addReady(vcenter, 3, 1, 1, 1, 1, 1, 1, 1);

  const given_up = await reader.read();

  expect(samples(waiting)).toEqual({ counted: 2, missing: 0 });
  expect(samples(given_up)).toEqual({ counted: 9, missing: 1 });
  expect(readyMs(given_up)).toBe(108);
});

test("samples that are told twice are counted once", async () => {
  const vcenter = await bench.startVcenter();
  vcenter.performance.copies = 2;
  const reader = bench.open(vcenter);
  addReady(vcenter, 0, 1);
  const first = readyMs(await reader.read());
  addReady(vcenter, 1, 10, 100);

  const told = await reader.read();

  expect(first).toBe(1);
  expect(readyMs(told)).toBe(111);
  expect(samples(told)).toEqual({ counted: 3, missing: 0 });
});

test("what is no number adds nothing, spaces do no harm", async () => {
  const vcenter = await bench.startVcenter();
  const reader = bench.open(vcenter);
  addReady(vcenter, 0, 1);
  await reader.read();
  addReady(vcenter, 1, " 10 ", "NaN", "-1", "", "0x10", "1e3", "Infinity", "-5", 100);
  vcenter.performance.addSeries("vm-101", "cpu.run.summation", "0", at(1), Array(9).fill(1));

  const told = await reader.read();

  expect(readyMs(told)).toBe(111);
});

test("more than an hour without a poll is a gap, which is told", async () => {
  const vcenter = await bench.startVcenter();
  const reader = bench.open(vcenter);
  addReady(vcenter, 0, 1);
  await reader.read();
  // The server keeps 180 samples: the first 20 of these are gone.
  addReady(vcenter, 1, ...Array(200).fill(10));

  const told = await reader.read();

  expect(readyMs(told)).toBe(1801);
  expect(samples(told)).toEqual({ counted: 181, missing: 20 });
});

test("a vCenter that was restarted numbers its counters anew, and the totals go on", async () => {
  const vcenter = await bench.startVcenter();
  const reader = bench.open(vcenter);
  addReady(vcenter, 0, 1);
  await reader.read();
  addReady(vcenter, 1, 10);
  await vcenter.down();
  const down = await reader.read();
  vcenter.forgetAll();
  await vcenter.up();
  const up = readyMs(await reader.read());
  addReady(vcenter, 2, 100);

  const told = await reader.read();

  expect(down).toMatchObject({ state: "failed", failure: "unreachable" });
  expect([up, readyMs(told)]).toEqual([11, 111]);
  expect(samples(told)).toEqual({ counted: 3, missing: 0 });
});

test("a session that ends between two questions for samples counts none twice", async () => {
  const vcenter = await bench.startVcenter({ inventory: largeInventory(250) });
  const reader = bench.open(vcenter);
  const add = (n: number, value: number) => {
    for (const { id } of vcenter.inventory.vms) vcenter.performance.add(id, READY, "0", at(n), value);
  };
  add(0, 1);
  await reader.read();
  add(1, 10);
  vcenter.fail("notAuthenticated", { on: "QueryPerf", after: 1, times: 1 });

  const told = await reader.read();

  expect(told).toMatchObject({ state: "ok", detail: "" });
  expect(new Set(Object.values(told.by("virtloss_vcpu_ready_seconds_total", "vm", "vcpu")))).toEqual(new Set([0.011]));
  expect(vcenter.peak["QueryPerf"]).toBeLessThanOrEqual(2);
});

test("a machine that vanished fails its question for a hundred others, which are asked again without it", async () => {
  const vcenter = await bench.startVcenter({ inventory: largeInventory(120) });
  const reader = bench.open(vcenter);
  for (const { id } of vcenter.inventory.vms) vcenter.performance.add(id, READY, "0", at(0), 1);
  await reader.read();
  for (const { id } of vcenter.inventory.vms) vcenter.performance.add(id, READY, "0", at(1), 10);
  vcenter.vanished.add("vm-10007").add("vm-10093").add("vm-10110");

  const vanished = await reader.read();
  vcenter.inventory.vms = vcenter.inventory.vms.filter(({ id }) => !vcenter.vanished.has(id));
  vcenter.changed();
  const left = await reader.read();

  const ready = Object.entries(vanished.by("virtloss_vcpu_ready_seconds_total", "vm"));
  expect(vanished).toMatchObject({ state: "ok", detail: "" });
  expect(ready.filter(([, seconds]) => seconds === 0.011)).toHaveLength(117);
  expect(ready.filter(([, seconds]) => seconds === 0.001).map(([vm]) => vm)).toEqual(["vm10007", "vm10093", "vm10110"]);
  expect(Object.keys(left.by("virtloss_vcpu_ready_seconds_total", "vm"))).toHaveLength(117);
  expect(left.by("virtloss_vcenter_machines", "server")).toEqual({ vc: 117 });
});

test("a question for samples that fails leaves the others, and is made up for", async () => {
  const vcenter = await bench.startVcenter({ inventory: largeInventory(150) });
  const reader = bench.open(vcenter);
  for (const { id } of vcenter.inventory.vms) vcenter.performance.add(id, READY, "0", at(0), 1);
  vcenter.fail("unavailable", { on: "QueryPerf", times: 1 });

  const part = await reader.read();
  vcenter.heal();
  const whole = await reader.read();

  expect(part.state).toBe("ok");
  expect(part.detail).toMatch(/^no samples of 100 objects: it answers with status 503/);
  expect(part.by("virtloss_vcenter_failed_queries_total", "server")).toEqual({ vc: 1 });
  expect(Object.keys(part.by("virtloss_vcpu_ready_seconds_total", "vm")).length).toBeGreaterThanOrEqual(50);
  expect(whole).toMatchObject({ state: "ok", detail: "" });
  expect(new Set(Object.values(whole.by("virtloss_vcpu_ready_seconds_total", "vm")))).toEqual(new Set([0.001]));
  expect(Object.keys(whole.by("virtloss_vcpu_ready_seconds_total", "vm"))).toHaveLength(150);
});

test("a counter that the server lacks is no series, and the others are", async () => {
  const vcenter = await bench.startVcenter();
  vcenter.performance.missing.add("cpu.costop.summation");
  addReady(vcenter, 0, 1);
  vcenter.performance.add("vm-101", "cpu.costop.summation", "0", at(0), 7);

  const told = await bench.open(vcenter).read();

  expect(told).toMatchObject({ state: "ok", detail: expect.stringMatching(/has no counters cpu\.costop\.summation$/) });
  expect(told.by("virtloss_vcpu_ready_seconds_total", "vm", "vcpu")).toEqual({ "vm101 0": 0.001 });
  expect(told.by("virtloss_vcpu_costop_seconds_total", "vm")).toEqual({});
});

test("a machine that is switched off and on begins anew, without the past", async () => {
  const vcenter = await bench.startVcenter();
  const reader = bench.open(vcenter);
  addReady(vcenter, 0, 1);
  await reader.read();
  const [first, ...others] = vcenter.inventory.vms;
  vcenter.inventory.vms = [{ ...first, power: "poweredOff" } as never, ...others];
  vcenter.changed();
  const off = await reader.read();
  vcenter.inventory.vms = [first as never, ...others];
  vcenter.changed();
  addReady(vcenter, 30, 10, 100);

  const on = await reader.read();

  expect(off.by("virtloss_vcpu_ready_seconds_total", "vm", "vcpu")).toEqual({});
  expect(readyMs(on)).toBe(100);
  expect(samples(on)).toEqual({ counted: 2, missing: 0 });
});

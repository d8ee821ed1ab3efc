import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Asked, startAsked } from "../../support/asking.ts";
import { flood } from "../../support/dropping.ts";
import { createWire, run, TARGET } from "../../support/lab.ts";
import { createCpuGroup } from "../../support/starving.ts";

type Reading = readonly (readonly [string, Readonly<Record<string, string>>, number | readonly number[], number?])[];

let meter: Asked<Reading>;
const children: ChildProcess[] = [];

beforeAll(() => {
  meter = startAsked<Reading>("latency-meter.mjs");
});

afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await meter.kill();
});

interface Histogram {
  readonly count: number;
  readonly sumSeconds: number;
}

/** Series of this name with this label, added up; undefined where there is none. */
function histogram(
  reading: Reading,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Histogram | undefined {
  const found = reading.filter(
    ([metric, has]) => metric === name && Object.entries(labels).every(([label, value]) => has[label] === value),
  );
  if (found.length === 0) return undefined;
  const counts = found.flatMap(([, , counts]) => counts as readonly number[]);
  const add = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  return { count: add(counts), sumSeconds: add(found.map(([, , , sumSeconds = Number.NaN]) => sumSeconds)) };
}

/** NET_RX softirqs that ran, as the kernel itself counts them. */
function netRxSoftirqs(): number {
  const line = /^ *NET_RX:(.*)$/m.exec(readFileSync("/proc/softirqs", "utf8"))?.[1] ?? "";
  return line
    .trim()
    .split(/\s+/)
    .reduce((sum, count) => sum + Number(count), 0);
}

test("each NET_RX softirq is measured once", async () => {
  const wire = await createWire();
  const softirqs = async () => histogram(await meter.ask(), "virtloss_softirq_latency_seconds") as Histogram;
  const before = await softirqs();
  const ran = netRxSoftirqs();

  await flood(wire.prober, TARGET, 9, 20_000);

  const truth = netRxSoftirqs() - ran;
  const after = await softirqs();
  await wire.remove();
  const count = after.count - before.count;
  expect(truth).toBeGreaterThan(100);
  // The machine goes on between two readings.
  expect(Math.abs(count - truth)).toBeLessThan(50 + 0.05 * truth);
  const meanSeconds = (after.sumSeconds - before.sumSeconds) / count;
  expect(meanSeconds).toBeGreaterThan(0);
  expect(meanSeconds).toBeLessThan(0.1);
});

/** Packets that one poll may take: the weight that virtual interfaces have. */
const WEIGHT = 64;

test("polls that took all they may are counted at their interface, and the others are not", async () => {
  const { prober, target, remove } = await createWire();
  const { name } = target;
  // An interface that is polled late has a full ring each time: one that answers at once is never behind.
  await prober.sh("ethtool -K v0 tso off");
  await target.sh("ip link set v1 down; ip link set v1 name slow1; ip link set slow1 up; ethtool -K slow1 gro on");
  await target.sh("ip address replace 10.77.0.2/24 dev slow1");
  const later =
    "echo 2 > /sys/class/net/slow1/napi_defer_hard_irqs; echo 20000000 > /sys/class/net/slow1/gro_flush_timeout";
  await run("ip", ["netns", "exec", name, "sh", "-ec", later]);
  const full = async () => {
    const polls = (await meter.ask()).filter(([metric]) => metric === "virtloss_nic_poll_budget_exhausted_total");
    return polls.find(([, { device }]) => device === "slow1")?.[2] ?? 0;
  };
  const before = await full();

  await Promise.all([1, 2, 3].map(() => flood(prober, TARGET, 9, 20_000)));

  const after = await full();
  const [link] = JSON.parse(await target.sh("ip -s -j link show dev slow1")) as {
    stats64: { rx: { packets: number } };
  }[];
  await remove();
  expect(before).toBe(0);
  expect(after).toBeGreaterThan(10);
  expect(Number(after) * WEIGHT).toBeLessThanOrEqual(link?.stats64.rx.packets ?? 0);
});

const NAME = "machine-of-the-test";
const UUID = "5ca1ab1e-0000-4000-8000-00000000cafe";

/** A process that the kernel calls qemu-system-x86, and that only uses CPU time. */
function startMachine(folder: string, prefix: readonly string[]): ChildProcess {
  const program = join(folder, "qemu-system-x86_64");
  copyFileSync("/bin/sh", program);
  const [file = "", ...args] = [
    ...prefix,
    program,
    "-c",
    "while :; do :; done",
    "-name",
    `guest=${NAME}`,
    "-uuid",
    UUID,
  ];
  const machine = spawn(file, args, { stdio: "ignore" });
  children.push(machine);
  return machine;
}

/** Seconds that a thread was ready and not running, and turns that it had, as the scheduler itself counts them. */
function schedstat(pid: number): { readonly delaySeconds: number; readonly turns: number } {
  const [, delay, turns] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "latin1").split(" ").map(Number);
  return { delaySeconds: (delay ?? 0) / 1e9, turns: turns ?? 0 };
}

test("a machine that its quota stops waits as long as the scheduler says, and its series go with it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "vl-latency-"));
  const group = createCpuGroup("latency");
  group.limit(20);
  const machine = startMachine(folder, group.prefix);
  await sleep(500);
  const read = async () =>
    histogram(await meter.ask(), "virtloss_vm_scheduling_latency_seconds", { vm: NAME, vm_uuid: UUID });
  const before = await read();
  const scheduler = schedstat(machine.pid as number);

  await sleep(3000);
  const after = await read();
  const schedulerAfter = schedstat(machine.pid as number);
  const gone = new Promise((resolve) => machine.once("exit", resolve));
  machine.kill("SIGKILL");
  await gone;
  const left = await read();

  rmSync(folder, { recursive: true });
  group.remove();
  const waited = (after?.sumSeconds ?? 0) - (before?.sumSeconds ?? 0);
  const truth = schedulerAfter.delaySeconds - scheduler.delaySeconds;
  expect(truth).toBeGreaterThan(1.5);
  // One wait of a tenth of a second may still last at either reading.
  expect(Math.abs(waited - truth)).toBeLessThan(0.2);
  expect((after?.count ?? 0) - (before?.count ?? 0)).toBeGreaterThan(20);
  expect(left).toBeUndefined();
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { VcenterOptions } from "../../src/collectors/vcenter/options.ts";
import { openReading } from "../support/reading-vcenter.ts";
import { startVcsim, type Vcsim } from "../support/vcsim.ts";

const MACHINES = 60;
const HOSTS = 12;

const directory = mkdtempSync(join(tmpdir(), "virtloss-vcenter-"));
const passwordFile = join(directory, "password");
const open: { close(): void }[] = [];
let vcsim: Vcsim;

beforeAll(async () => {
  vcsim = await startVcsim({ clusters: 2, hosts: HOSTS / 2, vms: MACHINES, portgroups: 2 });
  writeFileSync(passwordFile, `${vcsim.password}\n`);
}, 120_000);

afterEach(() => {
  for (const reading of open.splice(0)) reading.close();
});

afterAll(async () => {
  await vcsim?.close();
  rmSync(directory, { recursive: true });
});

function openVcenter(options: Partial<VcenterOptions> = {}, file = passwordFile) {
  const reading = openReading({ ...vcsim, passwordFile: file }, options);
  open.push(reading);
  return reading;
}

const machinesOf = (seen: { by(name: string, ...labels: string[]): object }) =>
  Object.keys(seen.by("virtloss_vm_info", "vm")).sort();

test("everything is there after the first reading", async () => {
  const seen = await openVcenter().read();

  expect(seen).toMatchObject({ state: "ok", detail: "" });
  expect(machinesOf(seen)).toHaveLength(MACHINES);
  expect(Object.keys(seen.by("virtloss_host_info", "host", "cluster", "state"))).toHaveLength(HOSTS);
  expect(seen.by("virtloss_vcenter_machines", "server")).toEqual({ vc: MACHINES });
  expect(Object.keys(seen.by("virtloss_vcpu_ready_seconds_total", "vm", "vcpu"))).toHaveLength(2 * MACHINES);
  expect(seen.by("virtloss_vm_nic_info", "vm", "model", "kind", "network")).toHaveProperty([
    "DC0_C0_H0_VM0 vmxnet3 paravirtual DC0_DVPG0",
  ]);
  expect(seen.by("virtloss_host_uplink_speed_bytes_per_second", "host", "device")).toHaveProperty(
    ["DC0_C0_H0 vmnic0"],
    1.25e9,
  );
});

test("shaping that is set on a port group is a limit of it and of every machine behind it, as long as it is set", async () => {
  const reading = openVcenter();
  await reading.read();
  await vcsim.ask({
    do: "shape",
    network: "DC0_DVPG1",
    in: { enabled: true, average: 100_000_000, peak: 200_000_000, burst: 104_857_600 },
    out: { enabled: false, average: 1, peak: 1, burst: 1 },
  });
  const shaped = await reading.read();
  const limits = shaped.by("virtloss_network_limit_bytes_per_second", "source", "network", "direction", "vm");
  await vcsim.ask({ do: "shape", network: "DC0_DVPG1", in: { enabled: false, average: 1, peak: 1, burst: 1 } });
  const unshaped = await reading.read();

  expect(limits["portgroup DC0_DVPG1 from_guest "]).toBe(12_500_000);
  expect(Object.keys(limits)).toHaveLength(1 + MACHINES / 2);
  expect(shaped.by("virtloss_network_limit_burst_bytes", "network", "vm")["DC0_DVPG1 "]).toBe(104_857_600);
  expect(shaped.by("virtloss_network_limit_peak_bytes_per_second", "network", "vm")["DC0_DVPG1 "]).toBe(25_000_000);
  expect(unshaped.by("virtloss_network_limit_bytes_per_second", "network")).toEqual({});
});

test("limits of standard port groups and of Network I/O control are there too", async () => {
  const reading = openVcenter();
  await vcsim.ask({
    do: "standard-portgroup",
    host: "DC0_C0_H1",
    name: "old network",
    in: { enabled: true, average: 8_000_000, peak: 8_000_000, burst: 4096 },
    security: { promiscuous: true, macChanges: false, forgedTransmits: false },
  });
  await vcsim.ask({ do: "nioc", on: true, limitMbps: 4000 });
  const seen = await reading.read();

  expect(
    seen.by("virtloss_network_limit_bytes_per_second", "source", "network", "switch", "direction", "traffic"),
  ).toMatchObject({
    "portgroup old network DC0_C0_H1/vSwitch0 from_guest ": 1_000_000,
    "nioc  DVS0 from_guest virtualMachine": 500_000_000,
  });
  expect(seen.by("virtloss_portgroup_security_policy", "network", "policy")).toMatchObject({
    "old network promiscuous": 1,
    "old network mac_changes": 0,
  });
});

test("an emulated card is named, and limits of the CPU are told in hertz", async () => {
  const reading = openVcenter();
  await reading.read();
  await vcsim.ask({ do: "nic", vm: "DC0_C0_H0_VM0", type: "e1000" });
  await vcsim.ask({ do: "reconfigure", vm: "DC0_C0_H0_VM0", reservationMHz: 500, limitMHz: 1500 });
  const seen = await reading.read();

  expect(seen.by("virtloss_vm_nic_info", "vm", "model", "kind")).toHaveProperty(["DC0_C0_H0_VM0 e1000 emulated"]);
  expect(seen.by("virtloss_vm_cpu_reservation_hertz", "vm")["DC0_C0_H0_VM0"]).toBe(5e8);
  expect(seen.by("virtloss_vm_cpu_limit_hertz", "vm")).toEqual({ DC0_C0_H0_VM0: 1.5e9 });
});

test("machines come, go, stop and change their names", async () => {
  const reading = openVcenter();
  const before = machinesOf(await reading.read());
  await vcsim.ask({ do: "add-vm", name: "new née", host: "DC0_C0_H0", network: "DC0_DVPG0" });
  await vcsim.ask({ do: "power", vm: "DC0_C0_H1_VM0", on: false });
  await vcsim.ask({ do: "rename", vm: "DC0_C0_H2_VM0", name: "re/named 100%" });
  const after = machinesOf(await reading.read());
  await vcsim.ask({ do: "destroy", vm: "new née" });
  await vcsim.ask({ do: "power", vm: "DC0_C0_H1_VM0", on: true });
  await vcsim.ask({ do: "rename", vm: "re/named 100%", name: "DC0_C0_H2_VM0" });
  const again = machinesOf(await reading.read());

  expect(after.filter((vm) => !before.includes(vm))).toEqual(["new née", "re/named 100%"]);
  expect(before.filter((vm) => !after.includes(vm))).toEqual(["DC0_C0_H1_VM0", "DC0_C0_H2_VM0"]);
  expect(again).toEqual(before);
});

test("migrations and snapshots are counted, and recent for a while", async () => {
  const reading = openVcenter();
  await reading.read();
  await vcsim.ask({ do: "migrate", vm: "DC0_C0_H3_VM0", host: "DC0_C0_H4" });
  await vcsim.ask({ do: "snapshot", vm: "DC0_C0_H5_VM0", name: "backup" });
  await vcsim.ask({ do: "event", vm: "DC0_C0_H5_VM0", type: "DrsVmMigratedEvent" });
  const seen = await reading.read();
  await vcsim.ask({ do: "remove-snapshot", vm: "DC0_C0_H5_VM0", name: "backup" });
  const removed = await reading.read();

  expect(seen.by("virtloss_vm_info", "vm", "host")).toHaveProperty(["DC0_C0_H3_VM0 DC0_C0_H4"]);
  expect(seen.by("virtloss_vm_events_total", "vm", "event")).toEqual({
    "DC0_C0_H3_VM0 vmotion": 1,
    "DC0_C0_H5_VM0 snapshot": 1,
    "DC0_C0_H5_VM0 drs": 1,
  });
  expect(seen.by("virtloss_vm_event_recently", "vm", "event")["DC0_C0_H5_VM0 snapshot"]).toBe(1);
  expect(removed.by("virtloss_vm_events_total", "vm", "event")["DC0_C0_H5_VM0 snapshot"]).toBe(2);
});

test("a session that has ended is begun again with one login, and counters go on", async () => {
  const reading = openVcenter();
  const before = await reading.read();
  const { calls: earlier } = await vcsim.stats();
  // The simulator's samples are of whole seconds.
  await sleep(1100);
  await vcsim.ask({ do: "expire-sessions" });
  const after = await reading.read();
  const { calls } = await vcsim.stats();

  const ready = (seen: typeof before) =>
    seen.by("virtloss_vcpu_run_seconds_total", "vm", "vcpu")["DC0_C0_H0_VM0 0"] ?? 0;
  expect(after).toMatchObject({ state: "ok", detail: "" });
  expect((calls["Login"] ?? 0) - (earlier["Login"] ?? 0)).toBe(1);
  expect(ready(after)).toBeGreaterThan(ready(before));
});

test("an idle reading asks only what has changed", async () => {
  const reading = openVcenter();
  await reading.read();
  const { calls: before } = await vcsim.stats();
  await reading.read();
  const { calls: after } = await vcsim.stats();
  const asked = Object.keys(after).filter((call) => after[call] !== before[call]);

  expect(asked.sort()).toEqual(["QueryPerf", "ReadNextEvents", "WaitForUpdatesEx"]);
  expect((after["WaitForUpdatesEx"] ?? 0) - (before["WaitForUpdatesEx"] ?? 0)).toBe(1);
});

test("three that share the work tell of each machine and host once, and of the whole together", async () => {
  const parts = await Promise.all([0, 1, 2].map((index) => openVcenter({ shard: { index, count: 3 } }).read()));
  const whole = await openVcenter().read();
  const hosts = (seen: typeof whole) => Object.keys(seen.by("virtloss_host_info", "host"));

  expect(parts.flatMap(machinesOf).sort()).toEqual(machinesOf(whole));
  expect(parts.flatMap(hosts).sort()).toEqual(hosts(whole).sort());
  for (const part of parts) expect(machinesOf(part).length).toBeLessThan(MACHINES);
});

test("of some clusters only their hosts and machines are read", async () => {
  const seen = await openVcenter({ clusters: ["*_C1"] }).read();

  expect(Object.keys(seen.by("virtloss_host_info", "cluster"))).toEqual(["DC0_C1"]);
  expect(machinesOf(seen)).toHaveLength(MACHINES / 2);
  expect(machinesOf(seen).every((vm) => vm.startsWith("DC0_C1_"))).toBe(true);
});

test("a wrong password is tried once", async () => {
  const wrong = join(directory, "wrong");
  writeFileSync(wrong, "guess\n");
  const reading = openVcenter({}, wrong);
  const { calls: before } = await vcsim.stats();
  const readings = [await reading.read(), await reading.read(), await reading.read()];
  const { calls: after } = await vcsim.stats();
  writeFileSync(wrong, vcsim.password);
  const mended = await reading.read();

  expect((after["Login"] ?? 0) - (before["Login"] ?? 0)).toBe(1);
  for (const { state, failure } of readings)
    expect({ state, failure }).toEqual({ state: "failed", failure: "credentials" });
  expect(readings[2]?.detail).toMatch(/not tried again for 15 min, or until the password is another one/);
  expect(readings.map(({ detail }) => detail).join()).not.toContain("guess");
  expect(mended.state).toBe("ok");
});

test("closing logs out", async () => {
  await vcsim.ask({ do: "expire-sessions" });
  const { sessions: before } = await vcsim.stats();
  const reading = openVcenter();
  await reading.read();
  const { sessions: during } = await vcsim.stats();
  reading.close();
  let after = during;
  for (let tries = 0; tries < 50 && after !== before; tries++) {
    await sleep(20);
    after = (await vcsim.stats()).sessions;
  }

  expect(during).toBe(before + 1);
  expect(after).toBe(before);
});

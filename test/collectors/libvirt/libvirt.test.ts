import { createDomain, type Stat } from "../../support/fake-libvirtd.mjs";
import { type Bench, startBench, valuesOf } from "./reading-fake.ts";

let bench: Bench;
beforeEach(async () => {
  bench = await startBench(2);
});
afterEach(() => bench.stop());

const STATS = 344;
const XML = 14;

const replaced = (stats: readonly Stat[], changes: Readonly<Record<string, number>>): Stat[] =>
  stats.map(([name, value]) => [name, changes[name] ?? value]);
const without = (stats: readonly Stat[], pattern: RegExp) => stats.filter(([name]) => !pattern.test(name));

test("machines, their vCPUs, NICs and memory are told in the first reading", async () => {
  const read = await bench.read();

  expect(read.notes).toEqual([]);
  expect(valuesOf(read, "vm_info", "vm", "vm_uuid", "hypervisor")).toEqual({
    "vm-1 a1b2c3d4-0000-4000-8000-000000000001 kvm": 1,
    "vm-2 a1b2c3d4-0000-4000-8000-000000000002 kvm": 1,
  });
  expect(valuesOf(read, "vcpu_ready_seconds_total", "vm", "vcpu")).toEqual({
    "vm-1 0": 1.431947031,
    "vm-1 1": 0.129528055,
    "vm-2 0": 1.431947031,
    "vm-2 1": 0.129528055,
  });
  expect(valuesOf(read, "vm_nic_packets_total", "vm", "mac", "direction")).toMatchObject({
    "vm-1 52:54:00:00:01:05 to_guest": 1,
    "vm-1 52:54:00:00:01:05 from_guest": 0,
    "vm-2 52:54:00:00:02:06 to_guest": 1,
  });
  expect(valuesOf(read, "vm_nic_info", "mac", "model", "kind", "network", "backend")).toMatchObject({
    "52:54:00:00:01:05 virtio paravirtual br0 qemu": 1,
    "52:54:00:00:01:06 e1000 emulated br0 qemu": 1,
  });
  expect(valuesOf(read, "network_limit_bytes_per_second", "source", "vm", "direction", "device")).toMatchObject({
    "libvirt vm-1 to_guest vnet2": 1_000_000,
    "libvirt vm-2 from_guest vnet4": 128_000,
  });
  expect(valuesOf(read, "vm_memory_max_bytes", "vm")).toEqual({ "vm-1": 2 ** 29, "vm-2": 2 ** 29 });
  expect(valuesOf(read, "libvirt_domains", "state")).toMatchObject({ running: 2, paused: 0 });
  expect(Object.values(valuesOf(read, "libvirt_busy_domains", "uri"))).toEqual([0]);
});

test("one connection and one call for statistics serve each reading", async () => {
  await bench.read();
  await bench.read();

  expect(bench.daemon.connections).toBe(1);
  expect(bench.daemon.calls.filter((procedure) => procedure === STATS)).toHaveLength(2);
});

test("wait has no series while all vCPUs of all machines read 0", async () => {
  const [one, two] = bench.daemon.domains as [ReturnType<typeof createDomain>, ReturnType<typeof createDomain>];
  expect(valuesOf(await bench.read(), "vcpu_wait_seconds_total", "vm", "vcpu")).toEqual({});

  bench.daemon.domains = [one, { ...two, stats: replaced(two.stats, { "vcpu.1.wait": 5e8 }) }];

  expect(valuesOf(await bench.read(), "vcpu_wait_seconds_total", "vm", "vcpu")).toEqual({
    "vm-1 0": 0,
    "vm-1 1": 0,
    "vm-2 0": 0,
    "vm-2 1": 0.5,
  });
});

test("a machine that starts, stops or migrates away leaves no series behind", async () => {
  await bench.read();
  bench.daemon.domains = [createDomain(2), createDomain(3)];

  const read = await bench.read();

  const names = new Set(read.samples.flatMap(({ labels }) => labels["vm"] || []));
  expect(names).toEqual(new Set(["vm-2", "vm-3"]));
  bench.daemon.domains = [];
  expect((await bench.read()).samples.filter(({ labels }) => labels["vm"])).toEqual([]);
});

test("a machine that starts again under another name and with other interfaces is read anew", async () => {
  await bench.read();
  const again = createDomain(9);
  const uuid = "a1b2c3d4-0000-4000-8000-000000000001";
  bench.daemon.domains = [{ ...again, uuid, xml: again.xml.replace(again.uuid, uuid) }];

  const read = await bench.read();

  expect(valuesOf(read, "vm_info", "vm", "vm_uuid")).toEqual({ [`vm-9 ${uuid}`]: 1 });
  expect(Object.keys(valuesOf(read, "vm_nic_tap", "device"))).toEqual(["vnet18", "vnet19"]);
});

test("an unplugged vCPU has no series, and the others keep theirs", async () => {
  const [one] = bench.daemon.domains as [ReturnType<typeof createDomain>];
  bench.daemon.domains = [{ ...one, stats: replaced(without(one.stats, /^vcpu\.0\./), { "vcpu.current": 1 }) }];

  const read = await bench.read();

  expect(Object.keys(valuesOf(read, "vcpu_run_seconds_total", "vcpu"))).toEqual(["1"]);
  expect(valuesOf(read, "vm_vcpus", "vm")).toEqual({ "vm-1": 1 });
});

test("NICs without counters and a machine without memory statistics have facts and no figures", async () => {
  const [one] = bench.daemon.domains as [ReturnType<typeof createDomain>];
  bench.daemon.domains = [{ ...one, stats: without(one.stats, /^net\.\d\.[rt]x|^balloon\./) }];

  const read = await bench.read();

  expect(Object.keys(valuesOf(read, "vm_nic_info", "mac"))).toHaveLength(3);
  expect(valuesOf(read, "vm_nic_packets_total", "mac")).toEqual({});
  expect(valuesOf(read, "vm_nic_drops_total", "mac")).toEqual({});
  expect(valuesOf(read, "vm_memory_ballooned_bytes", "vm")).toEqual({});
});

test.each([
  ["paused", 3, 1],
  ["crashed", 6, 1],
  ["pmsuspended", 7, 1],
  ["running", 1, 0],
  ["blocked", 2, 0],
])("a machine that is %s", async (state, number, paused) => {
  const [one] = bench.daemon.domains as [ReturnType<typeof createDomain>];
  bench.daemon.domains = [{ ...one, stats: replaced(one.stats, { "state.state": number }) }];

  const read = await bench.read();

  expect(valuesOf(read, "vm_paused", "vm")).toEqual({ "vm-1": paused });
  expect(valuesOf(read, "libvirt_domains", "state")).toMatchObject({ [state]: 1 });
});

test("devices and limits that change while a machine runs are seen within some readings", async () => {
  await bench.read();
  bench.daemon.domains = bench.daemon.domains.map((domain) => ({
    ...domain,
    xml: domain.xml.replace("inbound average='1000'", "inbound average='2000'"),
  }));

  const read = await bench.read();

  expect(valuesOf(read, "network_limit_bytes_per_second", "vm", "direction")).toMatchObject({
    "vm-1 to_guest": 2_000_000,
    "vm-2 to_guest": 2_000_000,
  });
});

test("pinned vCPUs are those that may not run on every CPU of the host", async () => {
  const read = await bench.read();
  const cpus = Object.values(valuesOf(read, "host_cpus", "host"))[0] as number;

  // vCPU 0 may use CPU 0, vCPU 1 the first two.
  expect(valuesOf(read, "vm_pinned_vcpus", "vm")["vm-1"]).toBe(Number(cpus > 1) + Number(cpus > 2));
});

test("a machine that hangs is passed by, counted, and whole again afterwards", async () => {
  await bench.read();
  bench.daemon.stuck.add("vm-1");

  const hanging = await bench.read();

  expect(Object.values(valuesOf(hanging, "libvirt_busy_domains", "uri"))).toEqual([1]);
  expect(Object.keys(valuesOf(hanging, "vm_info", "vm"))).toEqual(["vm-1", "vm-2"]);
  expect(bench.daemon.connections).toBe(1);
  // The answer to the call that hung comes late, and is taken for no other.
  bench.daemon.release();
  bench.daemon.domains = [createDomain(5)];
  expect(Object.keys(valuesOf(await bench.read(), "vm_info", "vm"))).toEqual(["vm-5"]);
  expect(bench.daemon.connections).toBe(1);
});

test("500 machines are described over a few readings, the new ones first", async () => {
  const many = await bench.restart(500);

  const counts: number[] = [];
  for (let reading = 0; reading < 3; reading++) {
    counts.push(Object.keys(valuesOf(await bench.read(), "vm_nic_tap", "device")).length);
  }

  expect(counts).toEqual([500, 1000, 1000]);
  expect(many.calls.filter((procedure) => procedure === XML)).toHaveLength(250 + 250 + 25 + 25);
});

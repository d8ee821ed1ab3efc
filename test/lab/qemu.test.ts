import { type ChildProcess, execFileSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createNamespace, type Namespace, shownProgram, unprivileged } from "../support/lab.ts";
import { eventually } from "../support/servers.ts";
import { type ServingExporter, startExporter } from "../support/serving-exporter.ts";

const UUID = "5f0c1f4e-7d52-4c35-9a0b-6a1f3b1c9d20";
const VM = { vm: "lone, wolf", vm_uuid: UUID };
const VIRTIO = { ...VM, mac: "52:54:00:77:0a:01" };
/** Nobody gave it an address, so QEMU did. */
const E1000 = { ...VM, mac: "52:54:00:12:34:56" };
/** Frames that a tap holds for a guest that takes none. */
const TAP_QUEUE = 1000;
const FRAMES = 3000;

let where: Namespace;
let machine: ChildProcess;
let exporter: ServingExporter | undefined;

/** The machine's threads by name. */
function threads(): Map<string, string> {
  const directory = `/proc/${machine.pid}/task`;
  return new Map(readdirSync(directory).map((tid) => [readFileSync(`${directory}/${tid}/comm`, "utf8").trim(), tid]));
}

function schedstat(comm: string): { run: number; ready: number } {
  const text = readFileSync(`/proc/${machine.pid}/task/${threads().get(comm)}/schedstat`, "utf8");
  const [run = Number.NaN, ready = Number.NaN] = text.split(" ").map((nanos) => Number(nanos) / 1e9);
  return { run, ready };
}

async function linkDrops(device: string): Promise<number> {
  const [link] = JSON.parse(await where.sh(`ip -j -s link show ${device}`)) as {
    stats64: { tx: { dropped: number } };
  }[];
  return link?.stats64.tx.dropped ?? Number.NaN;
}

// A machine without a disk: its firmware looks around, and waits. It drives no NIC, so nobody empties the taps.
beforeAll(async () => {
  where = await createNamespace("qemu");
  await where.sh("ip link add br7 type bridge; ip address add 10.7.0.1/24 dev br7; ip link set br7 up");
  await where.sh("ip tuntap add qtap0 mode tap multi_queue; ip link set qtap0 master br7 up");
  const args = [
    ["-name", "guest=lone,, wolf,debug-threads=on", "-uuid", UUID, "-nodefaults", "-display", "none"],
    ["-machine", "q35", "-accel", "tcg,thread=multi", "-smp", "2", "-m", "64", "-object", "iothread,id=io1"],
    ["-netdev", "tap,id=n0,ifname=qtap0,script=no,downscript=no,queues=2"],
    ["-device", `virtio-net-pci,netdev=n0,mq=on,mac=${VIRTIO.mac.toUpperCase()},romfile=`],
    ["-netdev", '{"type":"tap","id":"n1","script":"no","downscript":"no"}'],
    ["-device", '{"driver":"e1000","netdev":"n1","romfile":""}'],
  ];
  machine = where.spawn(["qemu-system-x86_64", ...args.flat()]);
  let complaint = "";
  machine.stderr?.on("data", (data: Buffer) => {
    complaint += data;
  });
  await eventually("two vCPUs", 20, async () => threads().get("CPU 1/TCG")).catch((error: unknown) => {
    throw new Error(`${String(error)} ${complaint}`);
  });
  execFileSync("taskset", ["-pc", "0", threads().get("CPU 1/TCG") ?? ""]);
}, 40_000);

afterAll(async () => {
  machine.kill("SIGKILL");
  await where.remove();
});

afterEach(async () => {
  await exporter?.stop();
  exporter = undefined;
});

/** /sys shows the interfaces of the namespace that it was mounted in. */
const OWN_SYS = ["unshare", "--mount", "sh", "-c", 'mount -t sysfs sysfs /sys && exec "$0" "$@"'];

const found = (started: ServingExporter) =>
  started.until("the machine", 20, (scrape) => scrape.value("virtloss_vm_info", VM) === 1);

test("a machine that no libvirt knows has the times of its threads and the drops of its taps", async () => {
  await where.sh(`ip neigh add 10.7.0.9 lladdr ${VIRTIO.mac} dev br7; ip link set tap0 up`);
  await where.run("ping", "-q", "-l", String(FRAMES), "-c", String(FRAMES), "-w", "2", "10.7.0.9");
  const before = { vcpu: schedstat("CPU 0/TCG"), io: schedstat("IO io1") };
  exporter = await startExporter(where, [], OWN_SYS);

  const scrape = await found(exporter);
  const of = (name: string, labels = {}) => scrape.value(`virtloss_${name}`, { ...VM, ...labels });
  const after = { vcpu: schedstat("CPU 0/TCG"), io: schedstat("IO io1") };
  const dropped = await linkDrops("qtap0");

  expect(dropped).toBeGreaterThanOrEqual(FRAMES - TAP_QUEUE);
  expect(of("vm_nic_drops_total", { ...VIRTIO, direction: "to_guest" })).toBe(dropped);
  expect(of("vm_nic_info", { ...VIRTIO, model: "virtio", backend: "qemu", network: "br7" })).toBe(1);
  expect(of("vm_nic_queues", VIRTIO)).toBe(2);
  expect(of("vm_nic_tap", { ...VIRTIO, device: "qtap0" })).toBe(1);
  expect(of("vm_nic_info", { ...E1000, model: "e1000", kind: "emulated", network: "" })).toBe(1);
  expect(of("vm_nic_tap", { ...E1000, device: "tap0" })).toBe(1);
  expect(of("vm_vcpus")).toBe(2);
  expect(of("vm_pinned_vcpus")).toBe(
    readdirSync("/sys/devices/system/cpu").filter((n) => /^cpu\d+$/.test(n)).length > 1 ? 1 : 0,
  );
  expect(of("vm_memory_max_bytes")).toBe(64 * 1024 ** 2);
  for (const [name, low, high] of [
    ["vcpu_run_seconds_total", before.vcpu.run, after.vcpu.run],
    ["vcpu_ready_seconds_total", before.vcpu.ready, after.vcpu.ready],
  ] as const) {
    expect(of(name, { vcpu: "0" })).toBeGreaterThanOrEqual(low);
    expect(of(name, { vcpu: "0" })).toBeLessThanOrEqual(high);
  }
  expect(of("vm_io_ready_seconds_total", { thread: "iothread" })).toBeGreaterThanOrEqual(before.io.ready);
  expect(of("vm_io_ready_seconds_total", { thread: "iothread" })).toBeLessThanOrEqual(after.io.ready);
  expect(scrape.sum("virtloss_collector_state", { collector: "qemu", state: "ok" })).toBe(1);
}, 40_000);

test("nobody may not look at its descriptors: what the command line names remains, and the remedy is told", async () => {
  exporter = await startExporter(where, [], unprivileged(), shownProgram);

  const scrape = await found(exporter);
  const page = await exporter.get("/");

  expect(scrape.value("virtloss_qemu_processes", { readable: "no" })).toBeGreaterThanOrEqual(1);
  expect(scrape.value("virtloss_vcpu_ready_seconds_total", { ...VM, vcpu: "0" })).toBeGreaterThan(0);
  expect(scrape.value("virtloss_vm_nic_tap", { ...VIRTIO, device: "qtap0" })).toBe(1);
  expect(scrape.value("virtloss_vm_nic_tap", E1000)).toBeUndefined();
  expect(page).toContain("grant CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH");
}, 40_000);

test("once the machine has ended, no series of it is left", async () => {
  exporter = await startExporter(where, [], OWN_SYS);
  await found(exporter);

  const ended = once(machine, "close");
  machine.kill("SIGTERM");
  await ended;

  const scrape = await exporter.until("no machine", 20, ({ text }) => !text.includes(UUID));
  expect(scrape.sum("virtloss_collector_state", { collector: "qemu", state: "failed" })).toBe(0);
}, 60_000);

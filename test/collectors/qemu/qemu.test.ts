import { qemu } from "../../../src/collectors/qemu/index.ts";
import { type Host, NotPermittedError, SourceAbsentError } from "../../../src/kernel/host.ts";
import { collectOnce } from "../../support/collecting.ts";
import { createFixtureHost } from "../../support/fixture-host.ts";
import { seriesOf } from "../../support/series.ts";

async function collect(host: Host) {
  const { samples, notes } = await collectOnce(qemu, host, {});
  return { series: seriesOf(samples), notes };
}

/** Reads the source several times; `between` may change what the host holds. */
async function collectRounds(host: Host, rounds: number, between: (round: number) => void = () => undefined) {
  const source = qemu.open(host, {});
  const readings: Record<string, number>[] = [];
  for (let round = 1; round <= rounds; round++) {
    readings.push(seriesOf(await source.read(new AbortController().signal, () => undefined)));
    between(round);
  }
  source.close();
  return readings;
}

/** A fixture whose host counts what is asked, and can be changed by path. */
function watched(name: string, files: Record<string, string | Error> = {}) {
  const host = createFixtureHost(name);
  const asked: string[] = [];
  const changed = (path: string): string | undefined => {
    asked.push(path);
    const own = Object.entries(files).find(([prefix]) => path === prefix || path.startsWith(`${prefix}/`))?.[1];
    if (own instanceof Error) throw own;
    return own;
  };
  const watchedHost: Host = {
    ...host,
    readText: async (path) => changed(path) ?? host.readText(path),
    readNow: (path) => changed(path) ?? host.readNow(path),
    list: async (path) => changed(path)?.split(" ") ?? host.list(path),
    readLink: async (path) => changed(path) ?? host.readLink(path),
  };
  return { host: watchedHost, asked, files };
}

const LAB = 'vm="lab-vm",vm_uuid="8f1c9a52-3f0e-4f8e-9d55-0c3a5e7b1d21"';
const WEB = 'vm="web <1>",vm_uuid="a1b2c3d4-0001-4000-8000-00000000abcd"';
const PVE = 'vm="web-100",vm_uuid="8d5a9c0e-52ea-4b0a-9a55-5b0f7c2d4e11"';
const ESRCH = new SourceAbsentError("ESRCH");

describe("two machines of libvirt 9", () => {
  test("times of vCPUs by their threads, the emulator's and no other threads' beside them", async () => {
    const { series, notes } = await collect(createFixtureHost("linux-6.18-qemu-host"));

    expect(series).toMatchObject({
      [`virtloss_vm_info{${LAB},hypervisor="kvm",vm_uuid_alt="",host="kvm1"}`]: 1,
      [`virtloss_vm_vcpus{${LAB}}`]: 2,
      [`virtloss_vm_pinned_vcpus{${LAB}}`]: 0,
      [`virtloss_vm_pinned_vcpus{${WEB}}`]: 1,
      [`virtloss_vcpu_run_seconds_total{${LAB},vcpu="0",hypervisor="kvm"}`]: 21.285976609,
      [`virtloss_vcpu_ready_seconds_total{${LAB},vcpu="0",hypervisor="kvm"}`]: 44.785748448,
      [`virtloss_vcpu_ready_seconds_total{${LAB},vcpu="1",hypervisor="kvm"}`]: 43.09239402,
      [`virtloss_vm_io_ready_seconds_total{${LAB},thread="emulator"}`]: 25.123224588,
      [`virtloss_vm_memory_max_bytes{${LAB}}`]: 1024 ** 3,
      [`virtloss_vm_memory_host_swapped_bytes{${LAB}}`]: 0,
      'virtloss_host_cpus{host="kvm1"}': 2,
      'virtloss_qemu_processes{readable="yes"}': 2,
      'virtloss_qemu_processes{readable="no"}': 0,
    });
    expect(Object.keys(series).filter((name) => /wait|costop|balloon|node|paused|iothread/.test(name))).toEqual([]);
    expect(notes).toEqual([]);
  });

  test("taps by the descriptors on the command line, packets as the guest sees them", async () => {
    const { series } = await collect(createFixtureHost("linux-6.18-qemu-host"));
    const nic = `${LAB},mac="52:54:00:77:00:05"`;
    const emulated = `${LAB},mac="52:54:00:77:00:06"`;

    expect(series).toMatchObject({
      [`virtloss_vm_nic_info{${nic},model="virtio",kind="paravirtual",network="br0",backend="qemu"}`]: 1,
      [`virtloss_vm_nic_info{${emulated},model="e1000",kind="emulated",network="br0",backend="qemu"}`]: 1,
      [`virtloss_vm_nic_tap{${nic},device="vnet0"}`]: 1,
      [`virtloss_vm_nic_tap{${emulated},device="vnet1"}`]: 1,
      [`virtloss_vm_nic_queues{${nic}}`]: 2,
      [`virtloss_vm_nic_queues{${emulated}}`]: 1,
      [`virtloss_vm_nic_packets_total{${nic},direction="to_guest"}`]: 296,
      [`virtloss_vm_nic_packets_total{${nic},direction="from_guest"}`]: 276,
      [`virtloss_vm_nic_drops_total{${nic},direction="to_guest"}`]: 0,
    });
  });

  test("a machine in another network namespace has its packets counted there, and no bridge that we could see", async () => {
    const { series } = await collect(createFixtureHost("linux-6.18-qemu-host"));
    const nic = `${WEB},mac="52:54:00:77:00:05"`;
    const user = `${WEB},mac="52:54:00:77:00:07"`;

    expect(series).toMatchObject({
      [`virtloss_vm_nic_info{${nic},model="virtio",kind="paravirtual",network="",backend="qemu"}`]: 1,
      [`virtloss_vm_nic_tap{${nic},device="vnet2"}`]: 1,
      [`virtloss_vm_nic_packets_total{${nic},direction="to_guest"}`]: 23,
      [`virtloss_vm_nic_info{${user},model="virtio",kind="paravirtual",network="",backend="qemu"}`]: 1,
    });
    expect(Object.keys(series).filter((name) => name.includes(user) && /tap|packets|drops/.test(name))).toEqual([]);
  });
});

describe("a machine of Proxmox on two NUMA nodes", () => {
  test("taps, a macvtap that counts the other way round, and vhost that only the virtio card asked for", async () => {
    const { series, notes } = await collect(createFixtureHost("written-proxmox-numa"));
    const virtio = `${PVE},mac="bc:24:11:00:00:01"`;
    const e1000 = `${PVE},mac="bc:24:11:00:00:02"`;

    expect(series).toMatchObject({
      [`virtloss_vm_nic_info{${virtio},model="virtio",kind="paravirtual",network="vmbr0",backend="vhost_net"}`]: 1,
      [`virtloss_vm_nic_info{${e1000},model="e1000",kind="emulated",network="",backend="qemu"}`]: 1,
      [`virtloss_vm_nic_queues{${virtio}}`]: 4,
      [`virtloss_vm_nic_drops_total{${virtio},direction="to_guest"}`]: 69_634,
      [`virtloss_vm_nic_drops_total{${virtio},direction="from_guest"}`]: 7,
      [`virtloss_vm_nic_tap{${e1000},device="macvtap0"}`]: 1,
      [`virtloss_vm_nic_packets_total{${e1000},direction="to_guest"}`]: 5006,
      [`virtloss_vm_nic_packets_total{${e1000},direction="from_guest"}`]: 60,
      [`virtloss_vm_nic_drops_total{${e1000},direction="to_guest"}`]: 8,
    });
    expect(notes).toEqual([]);
  });

  test("vCPUs and memory by node, threads of vhost that are the kernel's, swapped memory, pinned vCPUs", async () => {
    const { series } = await collect(createFixtureHost("written-proxmox-numa"));

    expect(series).toMatchObject({
      [`virtloss_vm_node_vcpus{${PVE},node="0"}`]: 1,
      [`virtloss_vm_node_vcpus{${PVE},node="1"}`]: 3,
      [`virtloss_vm_memory_node_bytes{${PVE},node="0"}`]: 1024 ** 3 + 1024 ** 2,
      [`virtloss_vm_memory_node_bytes{${PVE},node="1"}`]: 3 * 1024 ** 3,
      [`virtloss_vm_io_ready_seconds_total{${PVE},thread="vhost"}`]: 4,
      [`virtloss_vm_io_ready_seconds_total{${PVE},thread="iothread"}`]: 0.4,
      [`virtloss_vm_memory_host_swapped_bytes{${PVE}}`]: 20_480 * 1024,
      [`virtloss_vm_pinned_vcpus{${PVE}}`]: 2,
    });
  });

  test("a control group that other processes share says nothing of this machine", async () => {
    const { host } = watched("written-proxmox-numa", {
      "/sys/fs/cgroup/qemu.slice/100.scope/cgroup.procs": "4100\n4200\n",
    });

    expect(Object.keys((await collect(host)).series).filter((name) => name.includes("memory_node"))).toEqual([]);
  });

  test("without the privilege the command line remains, and a note says what would mend it", async () => {
    const { host } = watched("written-proxmox-numa", { "/proc/4100/fd": new NotPermittedError("EACCES") });
    const { series, notes } = await collect(host);

    expect(series).toMatchObject({
      'virtloss_qemu_processes{readable="no"}': 1,
      'virtloss_qemu_processes{readable="yes"}': 0,
      [`virtloss_vm_nic_tap{${PVE},mac="bc:24:11:00:00:01",device="tap100i0"}`]: 1,
      [`virtloss_vcpu_ready_seconds_total{${PVE},vcpu="0",hypervisor="kvm"}`]: 7.093409461,
    });
    expect(series).not.toHaveProperty([`virtloss_vm_nic_tap{${PVE},mac="bc:24:11:00:00:02",device="macvtap0"}`]);
    expect(notes).toEqual([
      "web-100: taps are known by the command line only: run as root, or grant CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH",
    ]);
  });

  test("vhost that was asked for and is not there is QEMU's own work", async () => {
    const gone = Object.fromEntries([30, 31, 32, 33].map((fd) => [`/proc/4100/fd/${fd}`, ESRCH]));
    const { host } = watched("written-proxmox-numa", gone);
    const { series } = await collect(host);

    expect(
      Object.keys(series)
        .filter((name) => name.includes("nic_info"))
        .join(),
    ).not.toContain("vhost");
  });

  test("threads without names: the machine is there, its vCPUs' times are not, and a note says why", async () => {
    const unnamed = [4120, 4121, 4122, 4123].map((tid) => [`/proc/4100/task/${tid}/comm`, "kvm\n"]);
    const { host } = watched("written-proxmox-numa", Object.fromEntries(unnamed));
    const { series, notes } = await collect(host);

    expect(series).toMatchObject({ [`virtloss_vm_vcpus{${PVE}}`]: 4 });
    expect(Object.keys(series).filter((name) => /vcpu_(run|ready)|pinned/.test(name))).toEqual([]);
    expect(notes).toEqual(["web-100: no thread is named as a vCPU: start QEMU with -name NAME,debug-threads=on"]);
  });

  test("a NIC that was plugged in later has a tap and no address, which a note tells", async () => {
    const { host } = watched("written-proxmox-numa", {
      "/proc/4100/fdinfo/23": "iff:\ttap100i7\n",
    });

    expect((await collect(host)).notes).toEqual([
      "web-100: a tap belongs to no NIC of the command line, so its MAC is unknown: libvirt knows NICs plugged in later",
    ]);
  });
});

describe("from one reading to the next", () => {
  test("a machine that ends leaves no series, and between two reads it is no error", async () => {
    const { host, files } = watched("linux-6.18-qemu-host");
    const readings = await collectRounds(host, 3, (round) => {
      if (round === 1) files["/proc/28959/stat"] = ESRCH;
      if (round === 2) files["/proc/28959/task"] = ESRCH;
    });

    const vms = readings.map(
      (series) => Object.keys(series).filter((name) => name.startsWith("virtloss_vm_info")).length,
    );
    expect(vms).toEqual([2, 1, 1]);
  });

  test("a process that waits for its parent to take note of its end is no machine", async () => {
    const real = await createFixtureHost("linux-6.18-qemu-host").readText("/proc/28959/stat");
    const { host } = watched("linux-6.18-qemu-host", { "/proc/28959/stat": real.replace(") R ", ") Z ") });

    expect((await collect(host)).series).toMatchObject({ 'virtloss_qemu_processes{readable="yes"}': 1 });
  });

  test("a number that is given to another QEMU is another machine", async () => {
    const { host, files } = watched("written-proxmox-numa");
    const [before, after] = await collectRounds(host, 2, () => {
      files["/proc/4100/stat"] = `4100 (kvm) S ${Array.from({ length: 50 }, (_, i) => i + 4).join(" ")}\n`;
      files["/proc/4100/cmdline"] = "/usr/bin/kvm\0-name\0other\0";
    });

    expect(before).toHaveProperty([`virtloss_vm_vcpus{${PVE}}`]);
    expect(after).not.toHaveProperty([`virtloss_vm_vcpus{${PVE}}`]);
    expect(after).toHaveProperty(['virtloss_vm_vcpus{vm="other",vm_uuid=""}']);
  });

  test("a vCPU that is unplugged loses its series, the others keep theirs", async () => {
    const { host, files } = watched("written-proxmox-numa");
    const [before, after] = await collectRounds(host, 2, () => {
      files["/proc/4100/task/4123"] = ESRCH;
    });
    const vcpus = (series: Record<string, number> | undefined) =>
      Object.keys(series ?? {}).filter((name) => name.startsWith("virtloss_vcpu_run")).length;

    expect([vcpus(before), vcpus(after)]).toEqual([4, 3]);
  });

  test("what changes seldom is read seldom: command lines once, descriptors while young and then not", async () => {
    const { host, asked } = watched("linux-6.18-qemu-host");
    await collectRounds(host, 8, (round) => {
      if (round === 3) asked.length = 0;
    });

    expect(asked.filter((path) => path.endsWith("/cmdline"))).toEqual([]);
    expect(asked.filter((path) => path.endsWith("/fd")).length).toBeLessThanOrEqual(2);
    expect(asked.filter((path) => path.endsWith("/28963/comm") || path.endsWith("/28800/cmdline"))).toEqual([]);
    const perRound = asked.length / 5;
    // For each machine its stat and a schedstat a thread; a look at the process table; three facts of the host.
    expect(perRound).toBeLessThan(40);
  });

  test("a process that becomes QEMU after it was seen is found", async () => {
    const { host, files } = watched("linux-6.18-qemu-host", { "/proc/28959/comm": "sh\n" });
    const readings = await collectRounds(host, 30, (round) => {
      if (round === 5) delete files["/proc/28959/comm"];
    });

    expect(readings[4]).not.toHaveProperty([`virtloss_vm_vcpus{${LAB}}`]);
    expect(readings.at(-1)).toHaveProperty([`virtloss_vm_vcpus{${LAB}}`]);
  });
});

test("two processes of one name and UUID are one series, of the one that was there first", async () => {
  const cmdline = await createFixtureHost("linux-6.18-qemu-host").readText("/proc/28959/cmdline");
  const { host } = watched("linux-6.18-qemu-host", { "/proc/28789/cmdline": cmdline });
  const { series, notes } = await collect(host);

  expect(series).toMatchObject({ [`virtloss_vm_nic_tap{${LAB},mac="52:54:00:77:00:05",device="vnet2"}`]: 1 });
  expect(notes).toEqual(["lab-vm: another process has the same name and UUID, and is shown instead"]);
});

test("a process that libvirt starts to learn what QEMU can do is no machine", async () => {
  const probe = "/usr/bin/qemu-system-x86_64\0-S\0-nodefaults\0-machine\0none,accel=kvm:tcg\0";
  const { host } = watched("written-proxmox-numa", { "/proc/4100/cmdline": probe });

  await expect(collect(host)).rejects.toThrow("no process of QEMU runs a machine here");
});

test("one process with strange files does not hide the others", async () => {
  const { host } = watched("linux-6.18-qemu-host", { "/proc/28959/stat": "nonsense" });
  const { series, notes } = await collect(host);

  expect(series).toHaveProperty([`virtloss_vm_vcpus{${WEB}}`]);
  expect(notes).toEqual(['process 28959: /proc/28959/stat: expected at least 39 fields, got "nonsense"']);
});

test("a machine without QEMU is absent; names that are hidden from us are passed over", async () => {
  await expect(collect(createFixtureHost("linux-6.1-qemu"))).rejects.toThrow(SourceAbsentError);
  const { host } = watched("written-proxmox-numa", { "/proc/4100/comm": new NotPermittedError("EPERM") });
  await expect(collect(host)).rejects.toThrow(SourceAbsentError);
});

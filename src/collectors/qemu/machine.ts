import { vmNicKind } from "../../vm/nic-kind.ts";
import { machineName } from "../../vm/qemu-command-line.ts";
import type { QemuNic } from "../../vm/qemu-nics.ts";
import type { NicBackend, Vm, VmNic, VmNicCounters } from "../../vm/vm.ts";
import type { DeviceCounters } from "./parse.ts";
import type { QemuProcess } from "./process.ts";
import type { Tap } from "./taps.ts";
import type { MachineTimes } from "./threads.ts";

/** What a round read of a process beside the process itself. */
export interface MachineReading {
  readonly hostName: string;
  readonly times: MachineTimes;
  /** Of the interfaces in its network namespace. */
  readonly counters: ReadonlyMap<string, DeviceCounters>;
}

/** Where vhost was asked for and no descriptor of it is there, QEMU went on without. */
function backendOf({ backend }: QemuNic, vhostNet: boolean | undefined): NicBackend {
  if (backend.type === "vhost-user") return "vhost_user";
  if (backend.type === "" || backend.type === "vhost-vdpa") return "unknown";
  return backend.vhost && vhostNet !== false ? "vhost_net" : "qemu";
}

/** What the host sends on a tap goes to the guest; a macvtap is the guest's own interface, and counts as the guest would. */
function directions(tap: Tap, counted: DeviceCounters): Pick<VmNic, "toGuest" | "fromGuest"> {
  const received: VmNicCounters = { packets: counted.received, drops: counted.receiveDropped };
  const sent: VmNicCounters = { packets: counted.sent, drops: counted.sendDropped };
  return tap.macvtap ? { toGuest: received, fromGuest: sent } : { toGuest: sent, fromGuest: received };
}

function nicOf(nic: QemuNic, { descriptors, taps, bridges }: QemuProcess, counters: MachineReading["counters"]): VmNic {
  const tap = taps.byNic.get(nic);
  const counted = tap && counters.get(tap.device);
  return {
    mac: nic.mac,
    model: nic.model,
    kind: vmNicKind(nic.model),
    network: (tap && bridges.get(tap.device)) ?? nic.backend.bridge,
    backend: backendOf(nic, descriptors?.vhostNet),
    device: tap?.device ?? "",
    queues: nic.queues,
    ...(tap && counted ? directions(tap, counted) : {}),
    limits: [],
  };
}

/** Two cards with one address would be one series twice. */
function distinct(nics: readonly QemuNic[]): readonly QemuNic[] {
  return nics.filter(({ mac }, i) => nics.findIndex((other) => other.mac === mac) === i);
}

export function machineOf(process: QemuProcess, reading: MachineReading): Vm {
  const { commandLine, threads } = process;
  const vcpuThreads = threads.filter(({ role }) => "vcpu" in role).length;
  return {
    hypervisor: "kvm",
    name: machineName(process.pid, commandLine),
    uuid: commandLine.uuid,
    uuidAlt: "",
    host: reading.hostName,
    vcpus: vcpuThreads || commandLine.vcpus,
    pinnedVcpus: vcpuThreads === 0 ? undefined : process.pinnedVcpus,
    vcpuTimes: reading.times.vcpus,
    ioThreads: reading.times.ioThreads,
    nics: distinct(commandLine.nics).map((nic) => nicOf(nic, process, reading.counters)),
    memory: {
      max: commandLine.memoryBytes,
      hostSwapped: process.hostSwappedBytes,
      byNode: process.memoryByNode,
    },
  };
}

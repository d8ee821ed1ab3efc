/** A running virtual machine as its hypervisor tells of it. What a source does not know is undefined: unknown is not zero. */
export interface Vm {
  readonly hypervisor: "kvm" | "vmware";
  readonly name: string;
  /** Lower case; empty where unknown. */
  readonly uuid: string;
  /** The same UUID in another byte order, where guests may report that one; empty where there is none. */
  readonly uuidAlt: string;
  /** Name of the host that it runs on. */
  readonly host: string;
  readonly paused?: boolean | undefined;
  readonly vcpus?: number | undefined;
  readonly pinnedVcpus?: number | undefined;
  /** Share of one CPU that each vCPU may use; undefined without a limit. */
  readonly vcpuQuotaRatio?: number | undefined;
  readonly vcpuTimes: readonly VcpuTimes[];
  readonly ioThreads: readonly IoThread[];
  readonly nics: readonly VmNic[];
  readonly memory: VmMemory;
  readonly cpuReservationHertz?: number | undefined;
  readonly cpuLimitHertz?: number | undefined;
  /** low, normal, medium, high. */
  readonly latencySensitivity?: string | undefined;
}

/** Cumulative seconds of one vCPU since the machine's start. */
export interface VcpuTimes {
  readonly vcpu: number;
  readonly runSeconds?: number | undefined;
  readonly readySeconds?: number | undefined;
  readonly waitSeconds?: number | undefined;
  readonly costopSeconds?: number | undefined;
  readonly limitedSeconds?: number | undefined;
  /** NUMA node that it last ran on. */
  readonly node?: number | undefined;
}

/** Threads of one kind that move the machine's packets, together. */
export interface IoThread {
  readonly thread: "vhost" | "emulator" | "iothread";
  readonly readySeconds: number;
}

export type NicKind = "emulated" | "paravirtual" | "passthrough" | "unknown";
export type NicBackend = "vhost_net" | "vhost_user" | "qemu" | "unknown";

export interface VmNic {
  /** Lower case, with colons; it names the NIC within its machine. */
  readonly mac: string;
  /** As the hypervisor spells it: virtio, e1000, vmxnet3; empty where unknown. */
  readonly model: string;
  readonly kind: NicKind;
  /** Bridge, libvirt network, Open vSwitch bridge or port group; empty where unknown. */
  readonly network: string;
  readonly backend: NicBackend;
  /** The host's interface at its other end; empty where there is none. */
  readonly device: string;
  readonly queues?: number | undefined;
  /** Counted by the host, seen from the guest. */
  readonly toGuest?: VmNicCounters | undefined;
  readonly fromGuest?: VmNicCounters | undefined;
  readonly limits: readonly NicLimit[];
}

export interface VmNicCounters {
  readonly packets: number;
  readonly drops: number;
}

export interface NicLimit {
  readonly direction: "to_guest" | "from_guest";
  readonly bytesPerSecond?: number | undefined;
  readonly burstBytes?: number | undefined;
  /** In a burst. */
  readonly peakBytesPerSecond?: number | undefined;
  readonly packetsPerSecond?: number | undefined;
  /** The only kind that it holds back, such as broadcast; all where undefined. */
  readonly traffic?: string | undefined;
  /** Who told of it, where that is not who told of the machine. */
  readonly source?: LimitSource | undefined;
}

export type LimitSource = "portgroup" | "segment" | "nioc" | "libvirt" | "qdisc" | "ovs" | "measured";

/** Bytes. */
export interface VmMemory {
  readonly max?: number | undefined;
  readonly ballooned?: number | undefined;
  readonly balloonTarget?: number | undefined;
  readonly unused?: number | undefined;
  readonly hostSwapped?: number | undefined;
  /** Cumulative. */
  readonly hostSwapIn?: number | undefined;
  readonly hostSwapOut?: number | undefined;
  readonly byNode?: ReadonlyMap<number, number> | undefined;
  /** Cumulative, as the guest's balloon driver told the host. */
  readonly guestSwapIn?: number | undefined;
  readonly guestSwapOut?: number | undefined;
}

import { counter, gauge } from "../metrics/define.ts";

const vm = ["vm", "vm_uuid"] as const;
const nic = [...vm, "mac"] as const;
const nicAndDirection = [...nic, "direction"] as const;
const vcpu = [...vm, "vcpu", "hypervisor"] as const;

/**
 * Virtual machines as their hypervisor sees them: the same names for KVM and VMware, so that one alert serves both. Several
 * collectors fill them, each with the machines that it knows.
 */
export const vmMetrics = {
  info: gauge("virtloss_vm_info", "A running virtual machine and the host that it runs on.", [
    "hypervisor",
    ...vm,
    "vm_uuid_alt",
    "host",
  ]),
  paused: gauge("virtloss_vm_paused", "1 while the machine is held: it neither sends nor answers.", vm),
  vcpus: gauge("virtloss_vm_vcpus", "vCPUs that are plugged in.", vm),
  pinnedVcpus: gauge("virtloss_vm_pinned_vcpus", "vCPUs that may run on some of the host's CPUs only.", vm),
  vcpuQuota: gauge(
    "virtloss_vm_vcpu_quota_ratio",
    "CPU time that each vCPU may use, as a share of one CPU; no series without a limit.",
    vm,
  ),
  cpuReservation: gauge("virtloss_vm_cpu_reservation_hertz", "CPU that is kept for the machine.", vm),
  cpuLimit: gauge(
    "virtloss_vm_cpu_limit_hertz",
    "CPU that the machine may use at most; no series without a limit.",
    vm,
  ),
  hostCpus: gauge("virtloss_host_cpus", "CPUs of the host that its scheduler deals out.", ["host"]),
  ready: counter(
    "virtloss_vcpu_ready_seconds_total",
    "Time in which the vCPU was ready to run and did not: its host had no CPU for it.",
    vcpu,
  ),
  wait: counter(
    "virtloss_vcpu_wait_seconds_total",
    "Time in which the vCPU waited for something else than a CPU; no series where the host does not count it.",
    vcpu,
  ),
  run: counter("virtloss_vcpu_run_seconds_total", "Time in which the vCPU ran.", vcpu),
  costop: counter(
    "virtloss_vcpu_costop_seconds_total",
    "Time in which the vCPU was held back for its siblings to catch up.",
    vcpu,
  ),
  limited: counter(
    "virtloss_vcpu_limited_seconds_total",
    "Time in which the vCPU had work and did not run because the machine had reached its CPU limit.",
    vcpu,
  ),
  ioReady: counter(
    "virtloss_vm_io_ready_seconds_total",
    "Time in which threads that move the machine's packets (vhost, or the emulator's own) were ready to run and did not.",
    [...vm, "thread"],
  ),
  nicInfo: gauge("virtloss_vm_nic_info", "Facts of a virtual NIC. The kind tells whether real hardware is emulated.", [
    ...nic,
    "model",
    "kind",
    "network",
    "backend",
  ]),
  nicTap: gauge(
    "virtloss_vm_nic_tap",
    "The host's interface at the other end of a virtual NIC; a new one at each start of the machine.",
    [...nic, "device"],
  ),
  nicQueues: gauge("virtloss_vm_nic_queues", "Queue pairs that the virtual NIC has.", nic),
  nicPackets: counter(
    "virtloss_vm_nic_packets_total",
    "Packets that host and machine handed each other; those cut by hardware count once.",
    nicAndDirection,
  ),
  nicDrops: counter(
    "virtloss_vm_nic_drops_total",
    "Packets dropped between host and machine. To the guest: it did not empty its ring.",
    nicAndDirection,
  ),
  memoryMax: gauge("virtloss_vm_memory_max_bytes", "Memory that the machine was given at most.", vm),
  memoryBallooned: gauge("virtloss_vm_memory_ballooned_bytes", "Memory that the balloon has taken away.", vm),
  memoryBalloonTarget: gauge(
    "virtloss_vm_memory_balloon_target_bytes",
    "Memory that the balloon was told to take away; more than is taken: it is still inflating, or the guest has none left.",
    vm,
  ),
  memoryUnused: gauge("virtloss_vm_memory_unused_bytes", "Memory that the guest itself uses for nothing.", vm),
  memoryHostSwapped: gauge(
    "virtloss_vm_memory_host_swapped_bytes",
    "Memory of the machine that its host swapped out.",
    vm,
  ),
  hostSwapIn: counter("virtloss_vm_host_swap_in_bytes_total", "Memory of the machine that its host read back.", vm),
  hostSwapOut: counter("virtloss_vm_host_swap_out_bytes_total", "Memory of the machine that its host swapped out.", vm),
  memoryNode: gauge("virtloss_vm_memory_node_bytes", "Memory of the machine on each NUMA node of the host.", [
    ...vm,
    "node",
  ]),
  vcpuNode: gauge("virtloss_vm_node_vcpus", "vCPUs that last ran on each NUMA node of the host.", [...vm, "node"]),
  guestSwapIn: counter("virtloss_vm_guest_swap_in_bytes_total", "What the guest swapped in.", vm),
  guestSwapOut: counter("virtloss_vm_guest_swap_out_bytes_total", "What the guest swapped out.", vm),
  latencySensitivity: gauge("virtloss_vm_latency_sensitivity", "1 for the level that the machine is set to.", [
    ...vm,
    "level",
  ]),
  events: counter(
    "virtloss_vm_events_total",
    "Migrations, moves by the load balancer and snapshots, each of which holds the machine for a moment. No series before the first.",
    [...vm, "event"],
  ),
  recentEvent: gauge("virtloss_vm_event_recently", "1 for five minutes after such an event.", [...vm, "event"]),
};

const limited = ["source", "network", "switch", "direction", ...nic, "device", "traffic"] as const;

/**
 * What is configured to hold packets back, wherever it was read; labels that do not apply are empty. `traffic` names the only
 * kind that is held back, such as broadcast.
 */
export const limitMetrics = {
  bytes: gauge("virtloss_network_limit_bytes_per_second", "Average bandwidth that a limiter lets through.", limited),
  burst: gauge("virtloss_network_limit_burst_bytes", "Bytes that a limiter lets through at once.", limited),
  peak: gauge(
    "virtloss_network_limit_peak_bytes_per_second",
    "Bandwidth that a limiter lets through in a burst.",
    limited,
  ),
  packets: gauge("virtloss_network_limit_packets_per_second", "Packet rate that a limiter lets through.", limited),
};

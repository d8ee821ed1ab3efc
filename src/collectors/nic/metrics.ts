import { counter, gauge } from "../../metrics/define.ts";

const device = ["device"] as const;
const deviceAndDirection = ["device", "direction"] as const;

/** Each network interface: what it is, how it is set up, what it dropped. */
export const nicMetrics = {
  info: gauge(
    "virtloss_nic_info",
    "Facts of the interface. The kind tells whether a hypervisor emulates real hardware.",
    ["device", "driver", "mac", "kind"],
  ),
  queues: gauge("virtloss_nic_queues", "Queues in use.", deviceAndDirection),
  queuesMax: gauge("virtloss_nic_queues_max", "Queues that driver and device allow.", deviceAndDirection),
  ringEntries: gauge("virtloss_nic_ring_entries", "Descriptors of each queue's ring.", deviceAndDirection),
  ringEntriesMax: gauge("virtloss_nic_ring_entries_max", "Descriptors that the driver allows.", deviceAndDirection),
  offloadEnabled: gauge("virtloss_nic_offload_enabled", "1 if the offload is on.", ["device", "offload"]),
  interrupts: counter("virtloss_nic_interrupts_total", "Interrupts of the interface that each CPU served.", [
    "device",
    "cpu",
  ]),
  packets: counter("virtloss_nic_packets_total", "Packets that the interface received or sent.", deviceAndDirection),
  queuePackets: counter(
    "virtloss_nic_queue_packets_total",
    "Packets that each of the driver's queues carried; of more than 64 queues, the busiest.",
    ["device", "direction", "queue"],
  ),
  drops: counter(
    "virtloss_nic_drops_total",
    "Frames that driver, device or cloud dropped; a frame is counted under one cause only.",
    ["device", "direction", "cause"],
  ),
  mtu: gauge("virtloss_nic_mtu_bytes", "Largest IP packet that the interface sends.", device),
  interruptCpus: gauge(
    "virtloss_nic_interrupt_cpus",
    "CPUs to which the interface's interrupts are delivered, all queues together.",
    device,
  ),
  rpsCpus: gauge(
    "virtloss_nic_rps_cpus",
    "CPUs in the receive packet steering masks of all queues together; 0: steering is off.",
    device,
  ),
  numaNode: gauge("virtloss_nic_numa_node", "NUMA node that the card is attached to; no series without one.", device),
  xpsCpus: gauge(
    "virtloss_nic_xps_cpus",
    "CPUs in the transmit packet steering masks of all queues together; 0: steering is off.",
    device,
  ),
};

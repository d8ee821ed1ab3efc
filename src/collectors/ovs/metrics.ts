import { counter, gauge } from "../../metrics/define.ts";

const identity = ["bridge", "device", "mac"] as const;
const port = [...identity, "direction"] as const;

/** Open vSwitch: its ports, and packets that its slow path lost. Direction is that of the guest where the port is one's. */
export const ovsMetrics = {
  portInfo: gauge("virtloss_ovs_port_info", "A port with the name that a cloud gave it.", [
    ...identity,
    "type",
    "iface_id",
    "vm_uuid",
  ]),
  portUp: gauge(
    "virtloss_ovs_port_up",
    "1 while the port's link is up; 0 also where Open vSwitch could not open its interface.",
    identity,
  ),
  packets: counter("virtloss_ovs_port_packets_total", "Packets of the port.", port),
  drops: counter("virtloss_ovs_port_drops_total", "Packets dropped at the port, by cause.", [...port, "cause"]),
  lostUpcalls: counter(
    "virtloss_ovs_lost_upcalls_total",
    "Packets of new flows that were dropped because the slow path did not keep up.",
    ["datapath"],
  ),
  datapathPackets: counter(
    "virtloss_ovs_datapath_packets_total",
    "Packets that reached a datapath in user space. What its devices received beyond these was lost on the way, uncounted.",
    ["datapath"],
  ),
  datapathDrops: counter(
    "virtloss_ovs_datapath_drops_total",
    "Packets that the datapath in user space dropped, by the name that Open vSwitch counts them under.",
    ["cause"],
  ),
};

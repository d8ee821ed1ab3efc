import { counter, gauge } from "../../metrics/define.ts";

const port = ["bridge", "device", "mac", "direction"] as const;

/** Open vSwitch: its ports, and packets that its slow path lost. Direction is that of the guest where the port is a tap. */
export const ovsMetrics = {
  portInfo: gauge("virtloss_ovs_port_info", "A port with the name that a cloud gave it.", [
    "bridge",
    "device",
    "mac",
    "type",
    "iface_id",
  ]),
  packets: counter("virtloss_ovs_port_packets_total", "Packets of the port.", port),
  drops: counter("virtloss_ovs_port_drops_total", "Packets dropped at the port, by cause.", [...port, "cause"]),
  lostUpcalls: counter(
    "virtloss_ovs_lost_upcalls_total",
    "Packets of new flows that were dropped because the slow path did not keep up.",
    ["datapath"],
  ),
};

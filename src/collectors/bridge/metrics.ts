import { counter, gauge } from "../../metrics/define.ts";

/** Linux bridges: which ports pass frames on, and what bridge and uplinks count. Taps are reported by VM. */
export const bridgeMetrics = {
  info: gauge("virtloss_bridge_info", "Settings of the bridge.", ["bridge", "vlan_filtering", "stp"]),
  ports: gauge("virtloss_bridge_ports", "Ports of the bridge, by state.", ["bridge", "state"]),
  portBlocked: gauge(
    "virtloss_bridge_port_blocked",
    "1 for a port that is not forwarding although its interface is up.",
    ["bridge", "device", "state"],
  ),
  packets: counter("virtloss_bridge_port_packets_total", "Packets of the bridge and of its ports that are no taps.", [
    "bridge",
    "device",
    "direction",
  ]),
  drops: counter(
    "virtloss_bridge_port_drops_total",
    "Packets dropped at the bridge and at its ports that are no taps.",
    ["bridge", "device", "direction"],
  ),
};

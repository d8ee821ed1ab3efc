import { counter } from "../../metrics/define.ts";

/** The loss that the services of this machine see, of its own network namespace. */
export const transportMetrics = {
  segments: counter("virtloss_transport_segments_total", "TCP segments sent for the first time, IPv4 and IPv6."),
  retransmitted: counter("virtloss_transport_retransmitted_segments_total", "TCP segments sent again."),
  timeouts: counter("virtloss_transport_timeouts_total", "TCP retransmission timers that expired."),
  lostRetransmits: counter(
    "virtloss_transport_lost_retransmits_total",
    "TCP retransmissions that were lost in their turn.",
  ),
  udpDrops: counter(
    "virtloss_transport_udp_drops_total",
    "UDP datagrams dropped at this machine's sockets, IPv4 and IPv6.",
    ["cause"],
  ),
};

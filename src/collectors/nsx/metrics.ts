import { counter, gauge } from "../../metrics/define.ts";

/** What only NSX tells; limits are in `vm/metrics.ts`. A segment's name is the port group's that machines are connected to. */
export const nsxMetrics = {
  info: gauge("virtloss_nsx_info", "An NSX manager and its version.", ["server", "version"]),
  segments: gauge("virtloss_nsx_segments", "Segments that the manager has.", ["server"]),
  segmentDrops: counter(
    "virtloss_nsx_segment_drops_total",
    "Packets that a segment dropped, by cause: a rate limit of its security profile, the firewall, or a security feature.",
    ["server", "network", "direction", "cause"],
  ),
  ruleInfo: gauge(
    "virtloss_nsx_firewall_rule_info",
    "A rule of the distributed firewall that drops or rejects; only those that dropped most are shown.",
    ["server", "policy", "rule", "rule_id", "action"],
  ),
  rulePackets: counter(
    "virtloss_nsx_firewall_rule_dropped_packets_total",
    "Packets that a firewall rule dropped or rejected; only for the rules that dropped most.",
    ["server", "policy", "rule_id"],
  ),
  floodLimit: gauge(
    "virtloss_nsx_flood_limit_flows",
    "Flows that flood protection lets be open at once: active ones of ICMP, UDP, NAT and others, half-open ones of TCP. No series without a limit.",
    ["server", "profile", "flows"],
  ),
  floodBinding: gauge(
    "virtloss_nsx_flood_protection_info",
    "A flood protection profile and the group of machines that it holds for.",
    ["server", "profile", "group"],
  ),
};

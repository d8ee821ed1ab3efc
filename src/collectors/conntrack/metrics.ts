import { counter, gauge } from "../../metrics/define.ts";

/** The firewall's table of connections, one for IPv4 and IPv6 together. */
export const conntrackMetrics = {
  entries: gauge("virtloss_conntrack_entries", "Connections in the table."),
  entriesMax: gauge("virtloss_conntrack_entries_max", "Connections that the table holds."),
  drops: counter(
    "virtloss_conntrack_drops_total",
    "Packets dropped, or connections evicted, by cause; a packet may be under two causes.",
    ["cause"],
  ),
};

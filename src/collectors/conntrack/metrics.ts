import { counter, gauge } from "../../metrics/define.ts";

/** The firewall's table of connections. */
export const conntrackMetrics = {
  entries: gauge("virtloss_conntrack_entries", "Connections in the table.", ["table"]),
  entriesMax: gauge("virtloss_conntrack_entries_max", "Connections that the table holds.", ["table"]),
  drops: counter("virtloss_conntrack_drops_total", "Packets dropped, or connections refused or evicted, by cause.", [
    "cause",
  ]),
};

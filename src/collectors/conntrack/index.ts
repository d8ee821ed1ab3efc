import { sample } from "../../metrics/define.ts";
import { defineCollector } from "../collector.ts";
import { ifThere, readNumber } from "../files.ts";
import { conntrackMetrics as m } from "./metrics.ts";
import { parseConntrackStat } from "./parse.ts";

const LIMITS = "/proc/sys/net/netfilter";

export const conntrack = defineCollector({
  name: "conntrack",
  metrics: m,
  async collect(host) {
    const [entries, max, statistics] = await Promise.all([
      readNumber(host, `${LIMITS}/nf_conntrack_count`),
      readNumber(host, `${LIMITS}/nf_conntrack_max`),
      // A kernel may be built without the counters and have the table all the same.
      ifThere(host.readText("/proc/net/stat/nf_conntrack")),
    ]);
    const drops = statistics === undefined ? [] : [...parseConntrackStat(statistics)];
    return [
      sample(m.entries, {}, entries),
      sample(m.entriesMax, {}, max),
      ...drops.map(([cause, count]) => sample(m.drops, { cause }, count)),
    ];
  },
});

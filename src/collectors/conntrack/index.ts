import { type Host, SourceAbsentError } from "../../kernel/host.ts";
import { type Sample, sample } from "../../metrics/define.ts";
import { defineCollector } from "../collector.ts";
import { conntrackMetrics as m } from "./metrics.ts";
import { parseConntrackStat, parseCount } from "./parse.ts";

const LIMITS = "/proc/sys/net/netfilter";

async function readCount(host: Host, name: string): Promise<number> {
  const file = `${LIMITS}/${name}`;
  return parseCount(file, await host.readText(file));
}

/** A kernel may be built without the counters and have the table all the same. */
async function dropSamples(host: Host): Promise<Sample[]> {
  try {
    const counts = parseConntrackStat(await host.readText("/proc/net/stat/nf_conntrack"));
    return [...counts].map(([cause, count]) => sample(m.drops, { cause }, count));
  } catch (error) {
    if (error instanceof SourceAbsentError) return [];
    throw error;
  }
}

export const conntrack = defineCollector({
  name: "conntrack",
  metrics: m,
  async collect(host) {
    const [entries, max, drops] = await Promise.all([
      readCount(host, "nf_conntrack_count"),
      readCount(host, "nf_conntrack_max"),
      dropSamples(host),
    ]);
    return [sample(m.entries, {}, entries), sample(m.entriesMax, {}, max), ...drops];
  },
});

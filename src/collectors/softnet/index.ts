import { type Sample, sample } from "../../metrics/define.ts";
import { defineCollector } from "../collector.ts";
import { softnetMetrics as m } from "./metrics.ts";
import { parseSoftnetStat, type SoftnetRow } from "./parse.ts";

const columns = Object.keys(m) as (keyof typeof m)[];

function samplesOf(row: SoftnetRow): Sample[] {
  return columns.flatMap((column) => {
    const value = row[column];
    return value === undefined ? [] : [sample(m[column], { cpu: row.cpu }, value)];
  });
}

export const softnet = defineCollector({
  name: "softnet",
  metrics: m,
  async collect(host) {
    return parseSoftnetStat(await host.readText("/proc/net/softnet_stat")).flatMap(samplesOf);
  },
});

import { sample } from "../../metrics/define.ts";
import { defineCollector } from "../collector.ts";
import { cpuMetrics as m } from "./metrics.ts";
import { parseCpuTimes, TICKS_PER_SECOND } from "./parse.ts";

export const cpu = defineCollector({
  name: "cpu",
  metrics: m,
  async collect(host) {
    const rows = parseCpuTimes(await host.readText("/proc/stat"));
    return rows.flatMap((row) => [
      sample(m.steal, { cpu: row.cpu }, row.stealTicks / TICKS_PER_SECOND),
      sample(m.softirq, { cpu: row.cpu }, row.softirqTicks / TICKS_PER_SECOND),
    ]);
  },
});

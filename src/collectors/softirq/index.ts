import { sample } from "../../metrics/define.ts";
import { defineCollector } from "../collector.ts";
import { softirqMetrics as m } from "./metrics.ts";
import { parseSoftirqs } from "./parse.ts";

export const softirq = defineCollector({
  name: "softirq",
  metrics: m,
  async collect(host) {
    const rows = parseSoftirqs(await host.readText("/proc/softirqs"));
    return rows.flatMap(({ vector, counts }) =>
      counts.map(({ cpu, count }) => sample(m.total, { cpu, vector }, count)),
    );
  },
});

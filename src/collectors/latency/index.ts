import { SourceAbsentError } from "../../kernel/host.ts";
import { defineCollector } from "../collector.ts";
import { latencyMetrics as m } from "./metrics.ts";

export const latency = defineCollector({
  name: "latency",
  metrics: m,
  async collect() {
    throw new SourceAbsentError("not built yet");
  },
});

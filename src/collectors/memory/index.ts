import { SourceAbsentError } from "../../kernel/host.ts";
import { defineCollector } from "../collector.ts";
import { memoryMetrics as m } from "./metrics.ts";

export const memory = defineCollector({
  name: "memory",
  metrics: m,
  async collect() {
    throw new SourceAbsentError("not built yet");
  },
});

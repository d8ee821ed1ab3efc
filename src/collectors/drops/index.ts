import { SourceAbsentError } from "../../kernel/host.ts";
import { defineCollector } from "../collector.ts";
import { dropsMetrics as m } from "./metrics.ts";

export const drops = defineCollector({
  name: "drops",
  metrics: m,
  async collect() {
    throw new SourceAbsentError("not built yet");
  },
});

import { SourceAbsentError } from "../../kernel/host.ts";
import { defineCollector } from "../collector.ts";
import { powerMetrics as m } from "./metrics.ts";

export const power = defineCollector({
  name: "power",
  metrics: m,
  async collect() {
    throw new SourceAbsentError("not built yet");
  },
});

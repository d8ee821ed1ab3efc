import { SourceAbsentError } from "../../kernel/host.ts";
import { defineCollector } from "../collector.ts";
import { pressureMetrics as m } from "./metrics.ts";

export const pressure = defineCollector({
  name: "pressure",
  metrics: m,
  async collect() {
    throw new SourceAbsentError("not built yet");
  },
});

import { SourceAbsentError } from "../../kernel/host.ts";
import { defineCollector } from "../collector.ts";
import { bridgeMetrics as m } from "./metrics.ts";

export const bridge = defineCollector({
  name: "bridge",
  metrics: m,
  async collect() {
    throw new SourceAbsentError("not built yet");
  },
});

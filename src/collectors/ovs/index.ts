import { SourceAbsentError } from "../../kernel/host.ts";
import { defineCollector } from "../collector.ts";
import { ovsMetrics as m } from "./metrics.ts";

export const ovs = defineCollector({
  name: "ovs",
  metrics: m,
  async collect() {
    throw new SourceAbsentError("not built yet");
  },
});

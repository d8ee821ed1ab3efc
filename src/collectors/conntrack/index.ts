import { SourceAbsentError } from "../../kernel/host.ts";
import { defineCollector } from "../collector.ts";
import { conntrackMetrics as m } from "./metrics.ts";

export const conntrack = defineCollector({
  name: "conntrack",
  metrics: m,
  async collect() {
    throw new SourceAbsentError("not built yet");
  },
});

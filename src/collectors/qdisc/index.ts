import { SourceAbsentError } from "../../kernel/host.ts";
import { defineCollector } from "../collector.ts";
import { qdiscMetrics as m } from "./metrics.ts";

export const qdisc = defineCollector({
  name: "qdisc",
  metrics: m,
  async collect() {
    throw new SourceAbsentError("not built yet");
  },
});

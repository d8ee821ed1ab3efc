import { SourceAbsentError } from "../../kernel/host.ts";
import { defineCollector } from "../collector.ts";
import { qemuMetrics as m } from "./metrics.ts";

export const qemu = defineCollector({
  name: "qemu",
  metrics: m,
  async collect() {
    throw new SourceAbsentError("not built yet");
  },
});

import { SourceAbsentError } from "../../kernel/host.ts";
import { defineCollector } from "../collector.ts";
import { libvirtMetrics as m } from "./metrics.ts";

export const libvirt = defineCollector({
  name: "libvirt",
  metrics: m,
  async collect() {
    throw new SourceAbsentError("not built yet");
  },
});

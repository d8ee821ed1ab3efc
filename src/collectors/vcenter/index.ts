import { SourceAbsentError } from "../../kernel/host.ts";
import { defineSource } from "../collector.ts";
import { vcenterMetrics } from "./metrics.ts";
import type { VcenterOptions } from "./options.ts";

export const vcenter = defineSource({
  name: "vcenter",
  metrics: vcenterMetrics,
  polling: (options: VcenterOptions | undefined) => ({ seconds: options?.intervalSeconds ?? 60 }),
  open() {
    return {
      async read() {
        throw new SourceAbsentError("none is configured");
      },
      close() {
        // Nothing is open.
      },
    };
  },
});

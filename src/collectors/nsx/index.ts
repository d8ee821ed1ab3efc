import { SourceAbsentError } from "../../kernel/host.ts";
import { defineSource } from "../collector.ts";
import { nsxMetrics } from "./metrics.ts";
import type { NsxOptions } from "./options.ts";

export const nsx = defineSource({
  name: "nsx",
  metrics: nsxMetrics,
  polling: (options: NsxOptions | undefined) => ({ seconds: options?.intervalSeconds ?? 60 }),
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

import { SourceAbsentError } from "../../kernel/host.ts";
import { defineSource, type Source } from "../collector.ts";
import type { MonotonicMs } from "../reading.ts";
import { nsxMetrics } from "./metrics.ts";
import type { NsxOptions } from "./options.ts";
import { createReader } from "./reading.ts";
import { createSession } from "./session.ts";

const unconfigured: Source = {
  async read() {
    throw new SourceAbsentError("no NSX manager is configured (nsx_managers)");
  },
  close() {
    // Nothing is open.
  },
};

/** @param monotonicMs for tests of what takes minutes */
export function createNsx(monotonicMs: MonotonicMs = () => performance.now()) {
  return defineSource({
    name: "nsx",
    metrics: nsxMetrics,
    polling: (options: NsxOptions | undefined) => ({
      seconds: options?.intervalSeconds ?? 60,
      // One answer may take its whole timeout, and is not to cost the reading.
      deadlineSeconds: 120 + (options?.timeoutSeconds ?? 0),
      rest: 1,
    }),
    open(host, options) {
      if (!options) return unconfigured;
      const session = createSession(host, options, monotonicMs);
      const read = createReader(session, options, monotonicMs);
      let end: (() => void) | undefined;

      return {
        async read(signal, note) {
          const reading = new AbortController();
          end = () => reading.abort();
          signal.addEventListener("abort", end, { once: true });
          try {
            return await read({ signal: reading.signal, note });
          } finally {
            signal.removeEventListener("abort", end);
          }
        },
        close() {
          end?.();
          void session.close();
        },
      };
    },
  });
}

export const nsx = createNsx();

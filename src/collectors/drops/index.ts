import { NotPermittedError, SourceAbsentError } from "../../kernel/host.ts";
import { sample } from "../../metrics/define.ts";
import { defineSource } from "../collector.ts";
import { keepOpen } from "../kept-open.ts";
import { startCounting } from "./counting.ts";
import { layerOf } from "./layers.ts";
import { dropsMetrics as m } from "./metrics.ts";
import type { DropsOptions } from "./options.ts";

export const drops = defineSource({
  name: "drops",
  metrics: m,
  open(host, options: DropsOptions) {
    const counting = keepOpen(() => startCounting(host, options).catch(absentUnlessGranted));
    return {
      async read(_signal, note) {
        const { method, read } = await counting.get();
        const { byReason, byLocation } = await read(note);
        return [
          sample(m.info, { method }, 1),
          ...[...byReason].map(([reason, count]) => sample(m.total, { reason, layer: layerOf(reason) }, count)),
          ...byLocation.map(({ count, ...labels }) => sample(m.locations, labels, count)),
        ];
      },
      close: () => counting.close(),
    };
  },
});

/** On unless configured off: that an exporter was not granted the right is no failure of it, and the words say how to. */
function absentUnlessGranted(error: unknown): never {
  throw error instanceof NotPermittedError ? new SourceAbsentError(error.message) : error;
}

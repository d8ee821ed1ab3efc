import type { Host } from "../../kernel/host.ts";
import type { DropCounting } from "./drops.ts";
import { type Layer, layerOf } from "./layers.ts";
import type { DropEvent } from "./parse.ts";

/** Each reason costs an event on each CPU and each drop a comparison: what is seldom a loss is left out. */
const LEFT_OUT: readonly Layer[] = ["tcp", "malformed", "unwanted", "other"];

/**
 * Counts by filters of perf, only reasons of the layers that speak for a loss.
 * @throws SourceAbsentError, NotPermittedError
 */
export function countByFilters(host: Host, { id, names }: DropEvent): DropCounting {
  const reasons = [...names].filter(([, name]) => !LEFT_OUT.includes(layerOf(name)));
  const counters = host.tracing.openCounters(
    id,
    reasons.map(([reason]) => `reason == ${reason}`),
  );
  return {
    method: "perf",
    async read() {
      const counts = counters.read();
      const drops = reasons.map(([, name], i): [string, number] => [name, counts[i] ?? 0]);
      return { byReason: new Map(drops.filter(([, count]) => count > 0)), byLocation: [] };
    },
    close: () => counters.close(),
  };
}

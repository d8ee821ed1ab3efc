import type { Host } from "../../kernel/host.ts";
import type { DropCounting } from "./drops.ts";
import { knownReasons } from "./layers.ts";
import type { DropEvent } from "./parse.ts";

/** Each reason costs an event on each CPU, and each drop the comparison with all of them. */
const counted = (names: DropEvent["names"]) => [...names].filter(([, name]) => knownReasons.includes(name));

/**
 * Counts by filters of perf, only reasons that the table of layers knows.
 * @throws SourceAbsentError, NotPermittedError
 */
export function countByFilters(host: Host, { id, names }: DropEvent): DropCounting {
  const reasons = counted(names);
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

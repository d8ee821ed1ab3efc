import type { Host } from "../kernel/host.ts";
import type { AnyMetricDef, AnySample } from "../metrics/define.ts";

export type MetricDefs = Readonly<Record<string, AnyMetricDef>>;

/** Tells an operator about a gap that is no failure: what is missing and what would mend it. */
export type Note = (detail: string) => void;

/**
 * One source of evidence. `index.ts` declares and collects, `parse.ts` reads text, `metrics.ts` is data.
 * `O` is what its schema in `collectors/options.ts` makes of the configuration.
 */
export interface Collector<O = unknown, M extends MetricDefs = MetricDefs> {
  readonly name: string;
  readonly metrics: M;
  /** @throws SourceAbsentError where this machine has no such source; anything else is a failure of this collector alone */
  collect(host: Host, options: O, signal: AbortSignal, note: Note): Promise<readonly AnySample[]>;
}

export function defineCollector<O, M extends MetricDefs>(collector: Collector<O, M>): Collector<O, M> {
  return collector;
}

import type { Host } from "../kernel/host.ts";
import type { AnyMetricDef, AnySample } from "../metrics/define.ts";
import type { PollingPlan } from "./polling.ts";

export type MetricDefs = Readonly<Record<string, AnyMetricDef>>;

/** Tells an operator about a gap that is no failure: what is missing and what would mend it. */
export type Note = (detail: string) => void;

/** A source that is open. What it keeps from one reading to the next, a connection or a program in the kernel, is its own. */
export interface Source {
  /** @throws SourceAbsentError where this machine has no such source; anything else is a failure of this collector alone */
  read(signal: AbortSignal, note: Note): Promise<readonly AnySample[]>;
  /** Gives back what it keeps, also while it is read; it is not read again. */
  close(): void;
}

/**
 * One source of evidence. `index.ts` declares and collects, `parse.ts` reads text, `metrics.ts` is data.
 * `O` is what its schema in `collectors/options.ts` makes of the configuration.
 */
export interface Collector<O = unknown, M extends MetricDefs = MetricDefs> {
  readonly name: string;
  /** Its own; collectors of virtual machines also fill those in `vm/metrics.ts`, which they share. */
  readonly metrics: M;
  /** For a source that answers slowly or costs much. Without it the source is read when Prometheus scrapes. */
  polling?(options: O): PollingPlan;
  /** Reads nothing yet, and never throws. */
  open(host: Host, options: O): Source;
}

/** A collector that keeps nothing from one reading to the next. */
export interface StatelessCollector<O, M extends MetricDefs> extends Omit<Collector<O, M>, "open"> {
  /** @throws as Source.read does */
  collect(host: Host, options: O, signal: AbortSignal, note: Note): Promise<readonly AnySample[]>;
}

function close(): void {
  // Nothing is kept.
}

export function defineCollector<O, M extends MetricDefs>({
  collect,
  ...rest
}: StatelessCollector<O, M>): Collector<O, M> {
  return {
    ...rest,
    open: (host, options) => ({ read: (signal, note) => collect(host, options, signal, note), close }),
  };
}

export function defineSource<O, M extends MetricDefs>(collector: Collector<O, M>): Collector<O, M> {
  return collector;
}

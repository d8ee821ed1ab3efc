/** A metric as data: no registry, no I/O, safe to import from alerts and dashboards. */
export interface MetricDef<Name extends string = string, Label extends string = string> {
  readonly type: "counter" | "gauge";
  readonly name: Name;
  readonly help: string;
  readonly labels: readonly Label[];
}

export interface HistogramDef<Name extends string = string, Label extends string = string> {
  readonly type: "histogram";
  readonly name: Name;
  readonly help: string;
  readonly labels: readonly Label[];
  /** Upper bounds, ascending, without +Inf. */
  readonly buckets: readonly number[];
}

export type AnyMetricDef = MetricDef | HistogramDef;

/** One value for one label set, ready to be exposed. */
export interface Sample {
  readonly metric: MetricDef;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One histogram for one label set. `counts` holds one entry a bucket and a last one for +Inf, not cumulative. */
export interface HistogramSample {
  readonly metric: HistogramDef;
  readonly labels: Readonly<Record<string, string>>;
  readonly counts: readonly number[];
  readonly sum: number;
}

export type AnySample = Sample | HistogramSample;

export type LabelsOf<M> = M extends { readonly labels: readonly (infer L extends string)[] } ? L : never;

type Prefixed = `virtloss_${string}`;
type CounterName = `virtloss_${string}_total`;
type NotTotal<N extends string> = N extends `${string}_total` ? never : N;

export function counter<const N extends CounterName, const L extends string = never>(
  name: N,
  help: string,
  labels: readonly L[] = [],
): MetricDef<N, L> {
  return { type: "counter", name, help, labels };
}

export function gauge<const N extends Prefixed, const L extends string = never>(
  name: NotTotal<N>,
  help: string,
  labels: readonly L[] = [],
): MetricDef<N, L> {
  return { type: "gauge", name: name as N, help, labels };
}

export function histogram<const N extends Prefixed, const L extends string = never>(
  name: NotTotal<N>,
  help: string,
  buckets: readonly number[],
  labels: readonly L[] = [],
): HistogramDef<N, L> {
  return { type: "histogram", name: name as N, help, labels, buckets };
}

export function sample<L extends string>(
  metric: MetricDef<string, L>,
  labels: Readonly<Record<L, string>>,
  value: number,
): Sample {
  return { metric, labels, value };
}

export function histogramSample<L extends string>(
  metric: HistogramDef<string, L>,
  labels: Readonly<Record<L, string>>,
  counts: readonly number[],
  sum: number,
): HistogramSample {
  return { metric, labels, counts, sum };
}

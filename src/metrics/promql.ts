import type { AnyMetricDef, LabelsOf } from "./define.ts";

declare const promqlBrand: unique symbol;
/** A piece of PromQL whose metric names came from the catalogue. */
export type PromQL = string & { readonly [promqlBrand]: true };

/** The series that a recording rule writes. */
export interface RecordDef<Name extends string = string> {
  readonly record: Name;
}

export type PromqlPart = AnyMetricDef | RecordDef | PromQL | number;

function show(part: PromqlPart): string {
  if (typeof part === "object") return "record" in part ? part.record : part.name;
  return String(part);
}

/**
 * PromQL that can be pasted into Prometheus as it is, with metric and record names checked by the compiler.
 * For one series of a histogram write the suffix behind the metric: `${rtt}_bucket`.
 * @throws Error where a metric is written as text instead of being taken from the catalogue
 */
export function promql(text: TemplateStringsArray, ...parts: readonly PromqlPart[]): PromQL {
  if (text.some((t) => t.includes("virtloss_"))) throw new Error("take the metric from src/catalogue.ts");
  return text.map((t, i) => t + (i < parts.length ? show(parts[i] as PromqlPart) : "")).join("") as PromQL;
}

/** `by (…)` over labels that the metric really has. */
export function by<M extends AnyMetricDef>(
  _metric: M,
  ...labels: readonly (LabelsOf<M> | "instance" | "job")[]
): PromQL {
  return `by (${labels.join(", ")})` as PromQL;
}

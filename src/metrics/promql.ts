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

/** Cuts the indentation that a template's lines share, so that an expression may be laid out in the source. */
function dedent(text: string): string {
  const lines = text.replace(/^\n|\n\s*$/g, "").split("\n");
  const indents = lines.filter((line) => line.trim() !== "").map((line) => line.search(/\S/));
  const common = Math.min(...indents);
  return lines.map((line) => line.slice(common)).join("\n");
}

/**
 * PromQL that can be pasted into Prometheus as it is, with metric and record names checked by the compiler.
 * For one series of a histogram write the suffix behind the metric: `${rtt}_bucket`. Of an expression over several lines,
 * the common indentation and the line breaks at both ends are cut.
 * @throws Error where a metric is written as text instead of being taken from the catalogue
 */
export function promql(text: TemplateStringsArray, ...parts: readonly PromqlPart[]): PromQL {
  if (text.some((t) => t.includes("virtloss_"))) throw new Error("take the metric from src/catalogue.ts");
  const joined = text.map((t, i) => t + (i < parts.length ? show(parts[i] as PromqlPart) : "")).join("");
  return (joined.includes("\n") ? dedent(joined) : joined) as PromQL;
}

/** `by (…)` over labels that the metric really has. */
export function by<M extends AnyMetricDef>(
  _metric: M,
  ...labels: readonly (LabelsOf<M> | "instance" | "job")[]
): PromQL {
  return `by (${labels.join(", ")})` as PromQL;
}

/**
 * `without (…)` over labels that the metric really has. Prefer it to `by`: it keeps the labels that a site adds to its
 * targets, which routes and silences go by.
 */
export function without<M extends AnyMetricDef>(_metric: M, ...labels: readonly LabelsOf<M>[]): PromQL {
  return `without (${labels.join(", ")})` as PromQL;
}

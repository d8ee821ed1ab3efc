import type { AnyMetricDef, HistogramDef, MetricDef } from "./define.ts";

export type ExpositionFormat = "text" | "openmetrics";

declare const names: unique symbol;
/** Labels as they stand between the braces of a line; the compiler knows which ones. */
export type LabelText<L extends string = string> = string & { readonly [names]: (label: L) => L };

/** `path="db",scope="external"`, escaped as the format wants it. */
export function labelText<L extends string>(labels: Readonly<Record<L, string>>): LabelText<L> {
  let text = "";
  for (const name in labels) text += `${text && ","}${name}="${escapeValue(labels[name])}"`;
  return text as LabelText<L>;
}

/** Two sets of labels as one. */
export function joinLabels<A extends string, B extends string>(a: LabelText<A>, b: LabelText<B>): LabelText<A | B> {
  return `${a},${b}` as LabelText<A | B>;
}

/** HELP and TYPE. In OpenMetrics a counter's family is its name without _total; its lines are the same in both formats. */
export function familyHeader(metric: AnyMetricDef, format: ExpositionFormat): string {
  const name = familyName(metric, format);
  return `# HELP ${name} ${metric.help.replace(/[\\\n]/g, escaped)}\n# TYPE ${name} ${metric.type}\n`;
}

export function familyName({ name, type }: AnyMetricDef, format: ExpositionFormat): string {
  return format === "openmetrics" && type === "counter" ? name.replace(/_total$/, "") : name;
}

/** The line of one series. */
export function seriesLine<L extends string>(
  metric: MetricDef<string, L>,
  labels: LabelText<NoInfer<L>>,
  value: number,
): string {
  return `${metric.name}{${labels}} ${valueText(value)}\n`;
}

/**
 * Makes the lines of one histogram after another; what all of them share is made once.
 * @returns its `counts` are one a bucket and a last one for +Inf, not cumulative
 */
export function histogramLines<L extends string>(
  metric: HistogramDef<string, L>,
): (labels: LabelText<NoInfer<L>>, counts: ArrayLike<number>, sum: number) => string {
  const { name } = metric;
  const heads = [...metric.buckets, "+Inf"].map((bound) => `${name}_bucket{le="${bound}",`);
  return (labels, counts, sum) => {
    const tail = `${labels}} `;
    let text = "";
    let total = 0;
    for (let i = 0; i < heads.length; i++) {
      total += counts[i] ?? 0;
      text += `${heads[i]}${tail}${total}\n`;
    }
    return `${text}${name}_sum{${tail}${valueText(sum)}\n${name}_count{${tail}${total}\n`;
  };
}

/** As prom-client writes it: Prometheus reads NaN in any case. */
function valueText(value: number): string {
  return Number.isFinite(value) ? String(value) : Number.isNaN(value) ? "Nan" : value > 0 ? "+Inf" : "-Inf";
}

const escapes: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", '"': '\\"' };

function escaped(character: string): string {
  return escapes[character] ?? character;
}

/** Hardly any value has one of them, and there are hundreds of thousands of values. */
const special = /[\\\n"]/;

function escapeValue(text: string): string {
  return special.test(text) ? text.replace(/[\\\n"]/g, escaped) : text;
}

import { setImmediate as immediate } from "node:timers/promises";
import { type Metric, Registry, type RegistryContentType } from "prom-client";
import type { AnyMetricDef, AnySample, HistogramSample } from "./define.ts";

export type ExpositionFormat = "text" | "openmetrics";

/** A metric with its series; iterated anew by each rendering. */
export interface MetricFamily {
  readonly metric: AnyMetricDef;
  readonly samples: Iterable<AnySample>;
}

/** Lines that are formatted in one go: some 50 kB of text, about a millisecond of the event loop. */
const CHUNK_LINES = 500;

/** One line as prom-client takes it; it formats a set of shared labels once for as long as the set lives. */
interface Line {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly sharedLabels: Readonly<Record<string, string>>;
  readonly value: number;
}

const noLabels = {};

/** In OpenMetrics a counter's family has no _total; prom-client puts it back behind the name of each sample. */
function familyName({ name, type }: AnyMetricDef, format: ExpositionFormat): string {
  return format === "openmetrics" && type === "counter" ? name.replace(/_total$/, "") : name;
}

function pushHistogram(lines: Line[], { metric, labels: sharedLabels, counts, sum }: HistogramSample): void {
  const { name, buckets } = metric;
  let value = 0;
  for (const [i, count] of counts.entries()) {
    value += count;
    lines.push({ metricName: `${name}_bucket`, labels: { le: buckets[i] ?? "+Inf" }, sharedLabels, value });
  }
  lines.push({ metricName: `${name}_sum`, labels: noLabels, sharedLabels, value: sum });
  lines.push({ metricName: `${name}_count`, labels: noLabels, sharedLabels, value });
}

export const contentTypes: Readonly<Record<ExpositionFormat, string>> = {
  text: Registry.PROMETHEUS_CONTENT_TYPE,
  openmetrics: Registry.OPENMETRICS_CONTENT_TYPE,
};

/** The content type belongs to a registry, so each format has its own kind. */
function createRegistry(format: ExpositionFormat): Registry<RegistryContentType> {
  const registry = new Registry<RegistryContentType>();
  registry.setContentType(format === "text" ? Registry.PROMETHEUS_CONTENT_TYPE : Registry.OPENMETRICS_CONTENT_TYPE);
  return registry;
}

/**
 * prom-client renders anything that has a name and a get(). Its own Counter can only grow by inc(), while the kernel hands
 * us absolute totals and label sets that vanish with their device: so the lines come straight from our samples.
 */
async function renderLines(metric: AnyMetricDef, lines: readonly Line[], format: ExpositionFormat): Promise<string> {
  const { help, type } = metric;
  const name = familyName(metric, format);
  const registry = createRegistry(format);
  registry.registerMetric({ name, help, type, get: () => ({ name, help, type, values: lines }) } as unknown as Metric);
  return registry.getSingleMetricAsString(name);
}

/** HELP and TYPE come with the first chunk of a family only. */
function withoutHeader(text: string): string {
  return text.slice(text.indexOf("\n", text.indexOf("\n") + 1) + 1);
}

async function* renderFamily({ metric, samples }: MetricFamily, format: ExpositionFormat): AsyncGenerator<string> {
  const name = familyName(metric, format);
  let lines: Line[] = [];
  let first = true;
  const flush = async () => {
    const text = await renderLines(metric, lines, format);
    const shown = first ? text : withoutHeader(text);
    lines = [];
    first = false;
    return `${shown}\n`;
  };
  for (const sample of samples) {
    if ("counts" in sample) pushHistogram(lines, sample);
    else lines.push({ metricName: name, labels: noLabels, sharedLabels: sample.labels, value: sample.value });
    if (lines.length < CHUNK_LINES) continue;
    yield await flush();
    await immediate();
  }
  if (first || lines.length > 0) yield await flush();
}

/** The exposition in pieces, so that neither memory nor event loop meets it whole. */
export async function* renderExposition(
  families: readonly MetricFamily[],
  format: ExpositionFormat,
): AsyncGenerator<string> {
  for (const family of families) yield* renderFamily(family, format);
  if (format === "openmetrics") yield "# EOF\n";
}

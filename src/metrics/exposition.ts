import { setImmediate as immediate } from "node:timers/promises";
import { type Metric, Registry, type RegistryContentType } from "prom-client";
import type { AnyMetricDef, AnySample, HistogramDef, HistogramSample } from "./define.ts";
import {
  type ExpositionFormat,
  familyHeader,
  familyName,
  histogramLines,
  labelText,
  seriesLine,
} from "./text-format.ts";

export type { ExpositionFormat } from "./text-format.ts";

/** A metric with its series; iterated anew by each rendering. */
export interface SampleFamily {
  readonly metric: AnyMetricDef;
  readonly samples: readonly AnySample[];
}

/**
 * A metric of very many series, which come as the lines of text-format.ts, some at a time: prom-client takes ten times as
 * long for them.
 */
export interface LineFamily {
  readonly metric: AnyMetricDef;
  readonly lines: Iterable<string>;
}

export type MetricFamily = SampleFamily | LineFamily;

/** Characters that are handed on in one go, some 0.3 ms of work. */
const PIECE_LENGTH = 32 * 1024;
/** Samples that prom-client may format, in a millisecond; more become lines. */
const MANY_SAMPLES = 500;
/** Others wait for the event loop no longer than this and one piece. */
const LONGEST_TURN_MS = 2;

/** One line as prom-client takes it. */
interface Line {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly sharedLabels: Readonly<Record<string, string>>;
  readonly value: number;
}

const noLabels = {};

export const contentTypes: Readonly<Record<ExpositionFormat, string>> = {
  text: Registry.PROMETHEUS_CONTENT_TYPE,
  openmetrics: Registry.OPENMETRICS_CONTENT_TYPE,
};

function histogramLinesOf({ metric, labels: sharedLabels, counts, sum }: HistogramSample): Line[] {
  const { name, buckets } = metric;
  let value = 0;
  const lines = counts.map((count, i): Line => {
    value += count;
    return { metricName: `${name}_bucket`, labels: { le: buckets[i] ?? "+Inf" }, sharedLabels, value };
  });
  return [
    ...lines,
    { metricName: `${name}_sum`, labels: noLabels, sharedLabels, value: sum },
    { metricName: `${name}_count`, labels: noLabels, sharedLabels, value },
  ];
}

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
async function renderSamples({ metric, samples }: SampleFamily, format: ExpositionFormat): Promise<string> {
  const { help, type } = metric;
  const name = familyName(metric, format);
  const values = samples.flatMap((sample): Line[] =>
    "counts" in sample
      ? histogramLinesOf(sample)
      : [{ metricName: name, labels: noLabels, sharedLabels: sample.labels, value: sample.value }],
  );
  const registry = createRegistry(format);
  registry.registerMetric({ name, help, type, get: () => ({ name, help, type, values }) } as unknown as Metric);
  return `${await registry.getSingleMetricAsString(name)}\n`;
}

/** A family of many series as lines. */
function linesOf({ metric, samples }: SampleFamily): LineFamily {
  return metric.type === "histogram"
    ? { metric, lines: histogramTexts(metric, samples) }
    : { metric, lines: seriesTexts(samples) };
}

function* seriesTexts(samples: readonly AnySample[]): Generator<string> {
  for (const sample of samples)
    if ("value" in sample) yield seriesLine(sample.metric, labelText(sample.labels), sample.value);
}

function* histogramTexts(metric: HistogramDef, samples: readonly AnySample[]): Generator<string> {
  const lines = histogramLines(metric);
  for (const sample of samples)
    if ("counts" in sample) yield lines(labelText(sample.labels), sample.counts, sample.sum);
}

async function* piecesOf(family: MetricFamily, format: ExpositionFormat): AsyncGenerator<string> {
  if ("lines" in family) yield* linePieces(family, format);
  else if (family.samples.length > MANY_SAMPLES) yield* linePieces(linesOf(family), format);
  else yield await renderSamples(family, format);
}

function* linePieces({ metric, lines }: LineFamily, format: ExpositionFormat): Generator<string> {
  let text = familyHeader(metric, format);
  for (const some of lines) {
    text += some;
    if (text.length < PIECE_LENGTH) continue;
    yield text;
    text = "";
  }
  yield text;
}

/** The exposition in pieces, so that neither memory nor event loop meets it whole. */
export async function* renderExposition(
  families: readonly MetricFamily[],
  format: ExpositionFormat,
): AsyncGenerator<string> {
  let turnBegan = performance.now();
  for (const family of families) {
    for await (const piece of piecesOf(family, format)) {
      yield piece;
      if (performance.now() - turnBegan < LONGEST_TURN_MS) continue;
      await immediate();
      turnBegan = performance.now();
    }
  }
  if (format === "openmetrics") yield "# EOF\n";
}

import { setImmediate as immediate } from "node:timers/promises";
import { type Metric, Registry } from "prom-client";
import type { AnyMetricDef, AnySample, HistogramSample } from "./define.ts";

export type ExpositionFormat = "text" | "openmetrics";

export interface MetricStore {
  /**
   * All that a source has to say now. Series that it no longer names disappear; a metric it never named is not exposed,
   * because absent is not zero.
   * @throws Error where two sources claim one metric: each has exactly one owner
   */
  replace(source: string, samples: readonly AnySample[]): void;
  /** The exposition of everything, family by family, so that neither memory nor event loop sees it all at once. */
  render(format: ExpositionFormat): Promise<Buffer>;
  readonly contentType: Readonly<Record<ExpositionFormat, string>>;
}

interface Family {
  readonly def: AnyMetricDef;
  readonly source: string;
  samples: AnySample[];
}

/** One line of the exposition as prom-client takes it; it formats a set of shared labels once for as long as the set lives. */
interface Value {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly sharedLabels: Readonly<Record<string, string>>;
  readonly value: number;
}

const noLabels = {};

function pushHistogram(values: Value[], { metric, labels: sharedLabels, counts, sum }: HistogramSample): void {
  const { name, buckets } = metric;
  let cumulative = 0;
  for (const [i, count] of counts.entries()) {
    cumulative += count;
    values.push({
      metricName: `${name}_bucket`,
      labels: { le: buckets[i] ?? "+Inf" },
      sharedLabels,
      value: cumulative,
    });
  }
  values.push({ metricName: `${name}_sum`, labels: noLabels, sharedLabels, value: sum });
  values.push({ metricName: `${name}_count`, labels: noLabels, sharedLabels, value: cumulative });
}

function valuesOf({ samples }: Family, familyName: string): Value[] {
  const values: Value[] = [];
  for (const sample of samples) {
    if ("counts" in sample) pushHistogram(values, sample);
    else values.push({ metricName: familyName, labels: noLabels, sharedLabels: sample.labels, value: sample.value });
  }
  return values;
}

/**
 * prom-client renders anything that has a name and a get(). Its own Counter can only grow by inc(), while the kernel hands
 * us absolute totals and label sets that vanish with their device: so the values come straight from our samples.
 */
function register(registry: Registry, format: ExpositionFormat, family: Family): void {
  const { name, help, type } = family.def;
  // In OpenMetrics a counter's family has no _total; prom-client adds it to each sample line again.
  const familyName = format === "openmetrics" && type === "counter" ? name.replace(/_total$/, "") : name;
  const metric = {
    name: familyName,
    help,
    type,
    get: () => ({ name: familyName, help, type, values: valuesOf(family, familyName) }),
  };
  registry.registerMetric(metric as unknown as Metric);
}

export function createMetricStore(): MetricStore {
  // The content type belongs to a registry, so each format has its own.
  const text = new Registry();
  const openmetrics = new Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>();
  openmetrics.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  const families = new Map<string, Family>();

  function familyOf(source: string, def: AnyMetricDef): Family {
    const known = families.get(def.name);
    if (known) {
      if (known.source !== source) throw new Error(`${def.name} belongs to ${known.source}, not to ${source}`);
      return known;
    }
    const family: Family = { def, source, samples: [] };
    families.set(def.name, family);
    register(text, "text", family);
    register(openmetrics as unknown as Registry, "openmetrics", family);
    return family;
  }

  return {
    replace(source, samples) {
      for (const family of families.values()) if (family.source === source) family.samples = [];
      for (const sample of samples) familyOf(source, sample.metric).samples.push(sample);
    },
    async render(format) {
      const registry = format === "text" ? text : openmetrics;
      const chunks: Buffer[] = [];
      for (const { name } of registry.getMetricsAsArray()) {
        chunks.push(Buffer.from(`${await registry.getSingleMetricAsString(name)}\n`));
        await immediate();
      }
      if (format === "openmetrics") chunks.push(Buffer.from("# EOF\n"));
      return Buffer.concat(chunks);
    },
    contentType: { text: text.contentType, openmetrics: openmetrics.contentType },
  };
}

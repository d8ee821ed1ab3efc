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
  /** The exposition of everything; bodies of both formats come from the same samples. */
  render(format: ExpositionFormat): Promise<string>;
  readonly contentType: Readonly<Record<ExpositionFormat, string>>;
}

interface Family {
  readonly def: AnyMetricDef;
  readonly source: string;
  samples: AnySample[];
}

interface Value {
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

function histogramValues(sample: HistogramSample): Value[] {
  const { name, buckets } = sample.metric;
  let cumulative = 0;
  const values: Value[] = sample.counts.map((count, i) => {
    cumulative += count;
    return { metricName: `${name}_bucket`, labels: { ...sample.labels, le: buckets[i] ?? "+Inf" }, value: cumulative };
  });
  values.push({ metricName: `${name}_sum`, labels: sample.labels, value: sample.sum });
  values.push({ metricName: `${name}_count`, labels: sample.labels, value: cumulative });
  return values;
}

function valuesOf(family: Family): Value[] {
  return family.samples.flatMap((s) => ("counts" in s ? histogramValues(s) : [{ labels: s.labels, value: s.value }]));
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
    get: () => ({ name: familyName, help, type, values: valuesOf(family) }),
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
    render: (format) => (format === "text" ? text : openmetrics).metrics(),
    contentType: { text: text.contentType, openmetrics: openmetrics.contentType },
  };
}

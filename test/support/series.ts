import type { AnySample } from "../../src/metrics/define.ts";

/** Values by series, written as Prometheus does: `name{label="value"}`. Two samples of one series are an error. */
export function seriesOf(samples: readonly AnySample[]): Record<string, number> {
  const series: Record<string, number> = {};
  for (const sample of samples) {
    const labels = Object.entries(sample.labels).map(([name, value]) => `${name}="${value}"`);
    const key = `${sample.metric.name}{${labels.join(",")}}`;
    if (key in series) throw new Error(`${key} was told twice`);
    if (!("value" in sample)) throw new Error(`${key} is a histogram`);
    series[key] = sample.value;
  }
  return series;
}

import type { AnySample } from "./define.ts";
import { type ExpositionFormat, type MetricFamily, renderExposition } from "./exposition.ts";

export interface MetricStore {
  /**
   * All that a source has to say now. Series that it no longer names disappear; a metric it never named is not exposed,
   * because absent is not zero.
   * @throws Error where two sources claim one metric: each has exactly one owner
   */
  replace(source: string, samples: readonly AnySample[]): void;
  /** The same for sources of many thousand series, which are made as they are rendered. */
  replaceFamilies(source: string, families: readonly MetricFamily[]): void;
  /** Everything as of this call; what is replaced meanwhile belongs to the next rendering. */
  render(format: ExpositionFormat): AsyncGenerator<string>;
}

export function createMetricStore(): MetricStore {
  /** By metric name, in the order of their first appearance. */
  const families = new Map<string, { readonly source: string; family: MetricFamily }>();

  function put(source: string, family: MetricFamily): void {
    const { name } = family.metric;
    const known = families.get(name);
    if (known && known.source !== source) throw new Error(`${name} belongs to ${known.source}, not to ${source}`);
    if (known) known.family = family;
    else families.set(name, { source, family });
  }

  function replaceFamilies(source: string, replacements: readonly MetricFamily[]): void {
    for (const owned of families.values()) {
      if (owned.source === source) owned.family = { metric: owned.family.metric, samples: [] };
    }
    for (const family of replacements) put(source, family);
  }

  return {
    replaceFamilies,
    replace(source, samples) {
      const byName = new Map<string, { readonly metric: MetricFamily["metric"]; readonly samples: AnySample[] }>();
      for (const sample of samples) {
        const family = byName.get(sample.metric.name) ?? { metric: sample.metric, samples: [] };
        family.samples.push(sample);
        byName.set(sample.metric.name, family);
      }
      replaceFamilies(source, [...byName.values()]);
    },
    render: (format) =>
      renderExposition(
        Array.from(families.values(), ({ family }) => family),
        format,
      ),
  };
}

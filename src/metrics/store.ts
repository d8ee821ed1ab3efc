import type { AnyMetricDef, AnySample } from "./define.ts";
import { type ExpositionFormat, type MetricFamily, renderExposition } from "./exposition.ts";

export interface MetricStore {
  /**
   * All that a source has to say now. Series that it no longer names disappear; a metric it never named is not exposed,
   * because absent is not zero.
   * @throws Error where two sources claim one metric that they do not share: each other has exactly one owner
   */
  replace(source: string, samples: readonly AnySample[]): void;
  /** The same for sources of many thousand series, which are made as they are rendered. */
  replaceFamilies(source: string, families: readonly MetricFamily[]): void;
  /** Everything as of this call; what is replaced meanwhile belongs to the next rendering. */
  render(format: ExpositionFormat): AsyncGenerator<string>;
}

function samplesOf(family: MetricFamily): readonly AnySample[] {
  if ("lines" in family) throw new Error(`${family.metric.name} is rendered as lines: it cannot be shared`);
  return family.samples;
}

/** @param isShared metrics that several sources fill, each with series of its own */
export function createMetricStore(isShared: (metric: AnyMetricDef) => boolean = () => false): MetricStore {
  /** By metric name, in the order of their first appearance; then by source. */
  const families = new Map<string, Map<string, MetricFamily>>();
  /** By source. What is read in the background is the same for many renderings, and may be a hundred thousand samples. */
  const replaced = new Map<string, readonly AnySample[]>();

  function put(source: string, family: MetricFamily): void {
    const { name } = family.metric;
    const bySource = families.get(name) ?? new Map<string, MetricFamily>();
    const [owner] = bySource.keys();
    if (owner !== undefined && owner !== source && !isShared(family.metric)) {
      throw new Error(`${name} belongs to ${owner}, not to ${source}`);
    }
    bySource.set(source, family);
    families.set(name, bySource);
  }

  function replaceFamilies(source: string, replacements: readonly MetricFamily[]): void {
    for (const bySource of families.values()) {
      const owned = bySource.get(source);
      if (owned) bySource.set(source, { metric: owned.metric, samples: [] });
    }
    for (const family of replacements) put(source, family);
  }

  /** A format allows one block for each metric. */
  function merged(bySource: ReadonlyMap<string, MetricFamily>): MetricFamily[] {
    const [first, ...others] = bySource.values();
    if (!first || others.length === 0) return first ? [first] : [];
    return [{ metric: first.metric, samples: [first, ...others].flatMap(samplesOf) }];
  }

  return {
    replaceFamilies,
    replace(source, samples) {
      if (replaced.get(source) === samples) return;
      replaced.set(source, samples);
      const byName = new Map<string, { readonly metric: AnyMetricDef; readonly samples: AnySample[] }>();
      for (const sample of samples) {
        const family = byName.get(sample.metric.name);
        if (family) family.samples.push(sample);
        else byName.set(sample.metric.name, { metric: sample.metric, samples: [sample] });
      }
      replaceFamilies(source, [...byName.values()]);
    },
    render: (format) => renderExposition(Array.from(families.values(), merged).flat(), format),
  };
}

import type { Collector, MetricDefs } from "../../src/collectors/collector.ts";
import type { Host } from "../../src/kernel/host.ts";
import type { AnySample } from "../../src/metrics/define.ts";

export interface Collected {
  readonly samples: readonly AnySample[];
  readonly notes: readonly string[];
}

/** Opens a source, reads it once and closes it. */
export async function collectOnce<O, M extends MetricDefs>(
  collector: Collector<O, M>,
  host: Host,
  options: O,
): Promise<Collected> {
  const notes: string[] = [];
  const source = collector.open(host, options);
  try {
    const samples = await source.read(new AbortController().signal, (note) => notes.push(note));
    return { samples, notes };
  } finally {
    source.close();
  }
}

import { type Sample, sample } from "../metrics/define.ts";
import { discoveryMetrics as m } from "./metrics.ts";

export interface SourceState {
  readonly label: string;
  readonly paths: number;
  /** Undefined before the first. */
  readonly lastSuccessSeconds: number | undefined;
  readonly failures: number;
  /** What is wrong with it now; undefined while it answers well, or was not asked yet. */
  readonly problem: string | undefined;
  readonly tried: boolean;
}

export function discoverySamples(states: readonly SourceState[]): Sample[] {
  return states.flatMap(({ label, paths, lastSuccessSeconds, failures }) => {
    const source = { source: label };
    return [
      sample(m.paths, source, paths),
      ...(lastSuccessSeconds === undefined ? [] : [sample(m.lastSuccess, source, lastSuccessSeconds)]),
      sample(m.failures, source, failures),
    ];
  });
}

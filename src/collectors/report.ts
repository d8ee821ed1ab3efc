import type { AnySample, Sample } from "../metrics/define.ts";
import { sample } from "../metrics/define.ts";
import { selfMetrics } from "../metrics/self.ts";

export const collectorStates = ["ok", "absent", "failed"] as const;
export type CollectorState = (typeof collectorStates)[number];

/** What one collector has to say at a scrape. */
export interface CollectorReport {
  readonly name: string;
  readonly state: CollectorState;
  /** Empty where it is absent: that is not zero. A source read in the background that failed keeps its last ones for a while. */
  readonly samples: readonly AnySample[];
  /** Why it is absent or failed, or what is missing although it is ok; empty where there is nothing to say. */
  readonly detail: string;
  /** How long the last reading took. */
  readonly durationSeconds: number;
  /** Unix time of the last reading that was ok; undefined before the first. */
  readonly lastSuccessSeconds: number | undefined;
}

/** What the exporter says about its collectors; belongs to the store beside the collectors' own samples. */
export function collectorSamples(reports: readonly CollectorReport[]): Sample[] {
  return reports.flatMap(({ name, state, durationSeconds, lastSuccessSeconds }) => [
    ...collectorStates.map((candidate) =>
      sample(selfMetrics.collectorState, { collector: name, state: candidate }, candidate === state ? 1 : 0),
    ),
    sample(selfMetrics.collectorDuration, { collector: name }, durationSeconds),
    ...(lastSuccessSeconds === undefined
      ? []
      : [sample(selfMetrics.sourceLastSuccess, { collector: name }, lastSuccessSeconds)]),
  ]);
}

import type { ServerFailure } from "../kernel/host.ts";
import { type AnySample, type MetricDef, type Sample, sample } from "../metrics/define.ts";
import { selfMetrics as m } from "../metrics/self.ts";

export const collectorStates = ["ok", "absent", "failed"] as const;
export type CollectorState = (typeof collectorStates)[number];

/** What one collector has to say at a scrape. */
export interface CollectorReport {
  readonly name: string;
  /** Which one, where the collector reads servers on other machines. */
  readonly server?: string | undefined;
  readonly state: CollectorState;
  /** Empty where it is absent: that is not zero. A source read in the background that failed keeps its last ones for a while. */
  readonly samples: readonly AnySample[];
  /** Why it is absent or failed, or what is missing although it is ok; empty where there is nothing to say. */
  readonly detail: string;
  /** Why a server could not be read; undefined unless that is what failed. */
  readonly failure?: ServerFailure | undefined;
  /** How long the last reading took. */
  readonly durationSeconds: number;
  /** Unix time of the last reading that was ok; undefined before the first. */
  readonly lastSuccessSeconds: number | undefined;
}

/** The worst of a collector's servers first. */
const worstFirst: readonly CollectorState[] = ["failed", "ok", "absent"];

function known(metric: MetricDef<string, "collector">, collector: string, value: number | undefined): Sample[] {
  return value === undefined ? [] : [sample(metric, { collector }, value)];
}

/** A collector as a whole: as bad, as slow and as old as the worst of its servers. */
function ofCollector(name: string, reports: readonly CollectorReport[]): Sample[] {
  const state = worstFirst.find((candidate) => reports.some((report) => report.state === candidate));
  const successes = reports.map(({ lastSuccessSeconds }) => lastSuccessSeconds);
  const oldest = successes.every((seconds) => seconds !== undefined) ? Math.min(...successes) : undefined;
  return [
    ...collectorStates.map((candidate) =>
      sample(m.collectorState, { collector: name, state: candidate }, candidate === state ? 1 : 0),
    ),
    sample(m.collectorDuration, { collector: name }, Math.max(...reports.map((report) => report.durationSeconds))),
    ...known(m.sourceLastSuccess, name, oldest),
  ];
}

function ofServer({ name, server, state, failure, durationSeconds, lastSuccessSeconds }: CollectorReport): Sample[] {
  if (server === undefined) return [];
  const labels = { collector: name, server };
  return [
    ...(["ok", "failed"] as const).map((candidate) =>
      sample(m.serverState, { ...labels, state: candidate }, candidate === state ? 1 : 0),
    ),
    ...(failure === undefined ? [] : [sample(m.serverFailure, { ...labels, reason: failure }, 1)]),
    sample(m.serverDuration, labels, durationSeconds),
    ...(lastSuccessSeconds === undefined ? [] : [sample(m.serverLastSuccess, labels, lastSuccessSeconds)]),
  ];
}

/** What the exporter says about its collectors; belongs to the store beside the collectors' own samples. */
export function collectorSamples(reports: readonly CollectorReport[]): Sample[] {
  const names = [...new Set(reports.map(({ name }) => name))];
  return [
    ...names.flatMap((name) =>
      ofCollector(
        name,
        reports.filter((report) => report.name === name),
      ),
    ),
    ...reports.flatMap(ofServer),
  ];
}

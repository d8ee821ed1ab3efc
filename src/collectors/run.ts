import { type Host, SourceAbsentError } from "../kernel/host.ts";
import { type AnySample, type Sample, sample } from "../metrics/define.ts";
import { selfMetrics } from "../metrics/self.ts";
import type { Collector } from "./collector.ts";

export const collectorStates = ["ok", "absent", "failed"] as const;
export type CollectorState = (typeof collectorStates)[number];

/** What one collector had to say in one run. */
export interface CollectorReport {
  readonly name: string;
  readonly state: CollectorState;
  /** Empty unless `ok`: a source that is absent or failed is not zero. */
  readonly samples: readonly AnySample[];
  /** Why it is absent or failed, or what is missing although it is ok; empty where there is nothing to say. */
  readonly detail: string;
  readonly durationSeconds: number;
  /** Unix time of the last run that was ok; undefined before the first. */
  readonly lastSuccessSeconds: number | undefined;
}

/** A collector with the options that its own schema has accepted. */
export interface ConfiguredCollector<O = unknown> {
  readonly collector: Collector<O>;
  readonly options: O;
}

export interface CollectorRunnerOptions {
  /** Milliseconds after which a collector is reported as failed and its signal aborted. */
  readonly deadlineMs?: number;
  /** Milliseconds on any clock that does not step. */
  readonly monotonicMs?: () => number;
  /** Unix time in milliseconds. */
  readonly wallClockMs?: () => number;
}

export interface CollectorRunner {
  /** Runs all at once; never rejects. One that is still busy with an earlier run is reported as failed and left alone. */
  run(): Promise<CollectorReport[]>;
}

interface Outcome {
  readonly state: CollectorState;
  readonly samples: readonly AnySample[];
  readonly detail: string;
}

const DEFAULT_DEADLINE_MS = 2000;

function failure(error: unknown): Outcome {
  const detail = error instanceof Error ? error.message : String(error);
  return { state: error instanceof SourceAbsentError ? "absent" : "failed", samples: [], detail };
}

async function outcomeOf(
  { collector, options }: ConfiguredCollector,
  host: Host,
  signal: AbortSignal,
): Promise<Outcome> {
  const notes: string[] = [];
  try {
    const samples = await collector.collect(host, options, signal, (detail) => notes.push(detail));
    return { state: "ok", samples, detail: notes.join("; ") };
  } catch (error) {
    return failure(error);
  }
}

/** The outcome, or a failure once the deadline has passed; the collector's own promise goes on. */
async function beforeDeadline(
  outcome: Promise<Outcome>,
  deadlineMs: number,
  controller: AbortController,
): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Outcome>((resolve) => {
    timer = setTimeout(() => {
      controller.abort();
      resolve(
        failure(new Error(`no answer within ${deadlineMs / 1000} s; it is asked again once this call has returned`)),
      );
    }, deadlineMs);
  });
  try {
    return await Promise.race([outcome, late]);
  } finally {
    clearTimeout(timer);
  }
}

export function createCollectorRunner(
  configured: readonly ConfiguredCollector[],
  host: Host,
  {
    deadlineMs = DEFAULT_DEADLINE_MS,
    monotonicMs = () => performance.now(),
    wallClockMs = Date.now,
  }: CollectorRunnerOptions = {},
): CollectorRunner {
  const busySince = new Map<string, number>();
  const lastSuccessSeconds = new Map<string, number>();

  async function runOne(one: ConfiguredCollector): Promise<CollectorReport> {
    const { name } = one.collector;
    const started = monotonicMs();
    const outcome = await outcomeUnlessBusy(one, started);
    const durationSeconds = (monotonicMs() - started) / 1000;
    if (outcome.state === "ok") lastSuccessSeconds.set(name, wallClockMs() / 1000);
    return { name, ...outcome, durationSeconds, lastSuccessSeconds: lastSuccessSeconds.get(name) };
  }

  function outcomeUnlessBusy(one: ConfiguredCollector, started: number): Outcome | Promise<Outcome> {
    const { name } = one.collector;
    const since = busySince.get(name);
    if (since !== undefined) {
      const seconds = ((started - since) / 1000).toFixed(1);
      return failure(new Error(`still busy with a call that began ${seconds} s ago`));
    }
    busySince.set(name, started);
    const controller = new AbortController();
    const outcome = outcomeOf(one, host, controller.signal).finally(() => busySince.delete(name));
    return beforeDeadline(outcome, deadlineMs, controller);
  }

  return { run: () => Promise.all(configured.map(runOne)) };
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

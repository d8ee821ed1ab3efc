import { ServerError, type ServerFailure, SourceAbsentError } from "../kernel/host.ts";
import type { AnySample } from "../metrics/define.ts";
import type { Source } from "./collector.ts";
import type { CollectorState } from "./report.ts";

/** What came of reading a source once. */
export interface Reading {
  readonly state: CollectorState;
  /** Empty unless ok. */
  readonly samples: readonly AnySample[];
  readonly detail: string;
  /** Why a server on another machine could not be read; undefined unless that is what failed. */
  readonly failure?: ServerFailure | undefined;
  readonly durationSeconds: number;
}

type Outcome = Omit<Reading, "durationSeconds">;

/** Milliseconds on any clock that does not step. */
export type MonotonicMs = () => number;

function failure(error: unknown): Outcome {
  const detail = error instanceof Error ? error.message : String(error);
  return {
    state: error instanceof SourceAbsentError ? "absent" : "failed",
    samples: [],
    detail,
    ...(error instanceof ServerError && { failure: error.reason }),
  };
}

async function outcomeOf(source: Source, signal: AbortSignal): Promise<Outcome> {
  const notes: string[] = [];
  try {
    const samples = await source.read(signal, (detail) => notes.push(detail));
    return { state: "ok", samples, detail: notes.join("; ") };
  } catch (error) {
    return failure(error);
  }
}

/** The outcome, or a failure once the deadline has passed; the source's own promise goes on. */
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

/**
 * Reads `source` once at each call; never rejects. While an earlier reading that missed its deadline goes on, the source is
 * left alone, and that is a failure too.
 */
export function readerOf(source: Source, deadlineMs: number, monotonicMs: MonotonicMs): () => Promise<Reading> {
  let busySinceMs: number | undefined;

  function outcomeUnlessBusy(startedMs: number): Outcome | Promise<Outcome> {
    if (busySinceMs !== undefined) {
      const seconds = ((startedMs - busySinceMs) / 1000).toFixed(1);
      return failure(new Error(`still busy with a call that began ${seconds} s ago`));
    }
    busySinceMs = startedMs;
    const controller = new AbortController();
    const outcome = outcomeOf(source, controller.signal).finally(() => {
      busySinceMs = undefined;
    });
    return beforeDeadline(outcome, deadlineMs, controller);
  }

  return async () => {
    const startedMs = monotonicMs();
    const outcome = await outcomeUnlessBusy(startedMs);
    return { ...outcome, durationSeconds: (monotonicMs() - startedMs) / 1000 };
  };
}

import type { AnySample } from "../metrics/define.ts";
import type { MonotonicMs, Reading } from "./reading.ts";

/** How a source is read in the background. */
export interface PollingPlan {
  /** From the beginning of a reading to that of the next. */
  readonly seconds: number;
  /** For one reading; 15 unless told. */
  readonly deadlineSeconds?: number;
  /** The rest after a reading is so many times what it took: nineteen unless told, so that the source is busy with us for a twentieth of the time. */
  readonly rest?: number;
}

const DEFAULT_REST = 19;
/** Intervals for which the samples of the last good reading are still shown after it: a restart of the source is shorter. */
const KEPT_INTERVALS = 6;

export interface Polling {
  /** The last reading; waits for the first one, at most the time given. */
  latest(waitMs: number): Promise<Reading>;
  stop(): void;
}

/** Milliseconds from the end of a reading to the next one's beginning. */
export function pauseMs(
  { seconds, rest = DEFAULT_REST }: PollingPlan,
  { state, durationSeconds }: Pick<Reading, "state" | "durationSeconds">,
): number {
  return 1000 * Math.max(seconds - durationSeconds, state === "ok" ? rest * durationSeconds : 0, 0);
}

/** Reads a source over and over in the background, one reading at a time. */
export function poll(read: () => Promise<Reading>, plan: PollingPlan, monotonicMs: MonotonicMs): Polling {
  let last: Reading = {
    state: "failed",
    samples: [],
    detail: "its first reading has not ended yet",
    durationSeconds: 0,
  };
  let good: { readonly samples: readonly AnySample[]; readonly untilMs: number } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function once(): Promise<void> {
    const reading = await read();
    if (stopped) return;
    last = reading;
    const pause = pauseMs(plan, reading);
    if (reading.state === "ok") {
      const interval = Math.max(1000 * plan.seconds, pause);
      good = { samples: reading.samples, untilMs: monotonicMs() + KEPT_INTERVALS * interval };
    }
    timer = setTimeout(once, pause).unref();
  }
  const first = once();

  return {
    async latest(waitMs) {
      await Promise.race([first, new Promise((resolve) => setTimeout(resolve, waitMs).unref())]);
      if (last.state !== "failed" || !good || monotonicMs() > good.untilMs) return last;
      return { ...last, samples: good.samples };
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

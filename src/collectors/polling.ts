import type { AnySample } from "../metrics/define.ts";
import type { MonotonicMs, Reading } from "./reading.ts";

/** A source is busy with us for a twentieth of the time at most, however slow it is. */
const REST = 19;
/** Intervals for which the samples of the last good reading are still shown after it: a restart of the source is shorter. */
const KEPT_INTERVALS = 6;

export interface Polling {
  /** The last reading; waits for the first one, at most the time given. */
  latest(waitMs: number): Promise<Reading>;
  stop(): void;
}

/** Milliseconds from the end of a reading to the next one's beginning. */
export function pauseMs(pollSeconds: number, { state, durationSeconds }: Reading): number {
  const rest = state === "ok" ? REST * durationSeconds : 0;
  return 1000 * Math.max(pollSeconds - durationSeconds, rest, 0);
}

/** Reads a source over and over in the background, one reading at a time. */
export function poll(read: () => Promise<Reading>, pollSeconds: number, monotonicMs: MonotonicMs): Polling {
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
    const pause = pauseMs(pollSeconds, reading);
    if (reading.state === "ok") {
      const interval = Math.max(1000 * pollSeconds, pause);
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

import { setTimeout as sleep } from "node:timers/promises";

/** After the first question without an answer; the next pauses are each twice as long. */
const FIRST_PAUSE_MS = 20_000;
/** Timers cannot be set for longer than 25 days: they would end at once. */
const LONGEST_PAUSE_MS = 3_600_000;

/**
 * Asks until there is an answer: on a machine that is overloaded it may take too long, and the load will pass. Keeps no
 * process alive.
 * @param ask undefined or an error where it could not be answered
 */
export async function askAgain<T>(
  ask: () => Promise<T | undefined>,
  pause: (ms: number) => Promise<unknown> = (ms) => sleep(ms, undefined, { ref: false }),
): Promise<T> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
    await pause(pauseMs);
  }
}

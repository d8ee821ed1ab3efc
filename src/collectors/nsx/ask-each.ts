import type { ServerError } from "../../kernel/host.ts";
import { isOfOneQuestion } from "./attempts.ts";

const AT_ONCE = 2;
const MAX_FAILURES_IN_A_ROW = 3;

export interface Asked {
  readonly answered: number;
  readonly failed: number;
  /** The first of them. */
  readonly failure: ServerError | undefined;
}

/**
 * Asks for each key, two at a time; a key that fails leaves the others. After three failures in a row, or when time is up,
 * the rest is not asked.
 * @throws what ends the whole reading
 */
export async function askEach(
  keys: readonly string[],
  ask: (key: string) => Promise<void>,
  isTimeUp: () => boolean,
  signal: AbortSignal,
): Promise<Asked> {
  const waiting = keys.values();
  let answered = 0;
  let failed = 0;
  let inARow = 0;
  let failure: ServerError | undefined;
  let end: { readonly error: unknown } | undefined;

  async function askOne(key: string): Promise<void> {
    try {
      await ask(key);
      answered++;
      inARow = 0;
    } catch (error) {
      failed++;
      inARow++;
      if (isOfOneQuestion(error, signal)) failure ??= error;
      else end ??= { error };
    }
  }

  async function askInTurn(): Promise<void> {
    for (const key of waiting) {
      if (end || inARow >= MAX_FAILURES_IN_A_ROW || isTimeUp()) return;
      await askOne(key);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, askInTurn));
  if (end) throw end.error;
  return { answered, failed, failure };
}

import type { Note } from "../collector.ts";
import type { MonotonicMs } from "../reading.ts";
import { type Asked, askEach } from "./ask-each.ts";

/** One reading. */
export interface Round {
  readonly signal: AbortSignal;
  readonly note: Note;
}

export interface TurnsOptions {
  /** Of thing, for notes. */
  readonly kind: string;
  /** Things that are asked for in one reading at most. */
  readonly atOnce: number;
  /** Milliseconds after which those that a slow manager has not answered wait for the next reading. */
  readonly timeMs: number;
  readonly monotonicMs: MonotonicMs;
}

/** Answers about many things, of which only some are asked for in one reading. */
export interface Turns<T> {
  /**
   * Asks for those whose turn it is.
   * @param keys of all things @param isUrgent those have their turn four times as often
   * @returns what is known of each, from this reading or an earlier one @throws what ends the whole reading
   */
  read(
    keys: readonly string[],
    isUrgent: (key: string) => boolean,
    ask: (key: string) => Promise<T>,
    round: Round,
  ): Promise<ReadonlyMap<string, T>>;
}

/** Moments are numbers of readings. */
interface Known<T> {
  askedIn: number;
  answeredIn: number;
  answer: T | undefined;
}

const URGENCY = 4;
/** An answer is forgotten when so many turns have passed without another one. */
const KEPT_TURNS = 6;

export function createTurns<T>({ kind, atOnce, timeMs, monotonicMs }: TurnsOptions): Turns<T> {
  const known = new Map<string, Known<T>>();
  let reading = 0;

  function choose(keys: readonly string[], isUrgent: (key: string) => boolean): readonly string[] {
    if (keys.length <= atOnce) return keys;
    const urgencyOf = (key: string) => {
      const waited = reading - (known.get(key)?.askedIn ?? Number.MIN_SAFE_INTEGER);
      return isUrgent(key) ? URGENCY * waited : waited;
    };
    return keys
      .map((key) => ({ key, urgency: urgencyOf(key) }))
      .sort((a, b) => b.urgency - a.urgency)
      .slice(0, atOnce)
      .map(({ key }) => key);
  }

  function forget(keys: readonly string[]): void {
    const exist = new Set(keys);
    const oldest = reading - KEPT_TURNS * URGENCY * Math.ceil(keys.length / atOnce);
    for (const [key, one] of known) {
      if (!exist.has(key)) known.delete(key);
      else if (one.answeredIn < oldest) one.answer = undefined;
    }
  }

  function tell(chosen: number, { answered, failed, failure }: Asked, { note }: Round): void {
    if (failure) note(`${failed} of ${answered + failed} not read: ${failure.message}`);
    else if (answered < chosen)
      note(`${kind}: ${chosen - answered} of ${chosen} wait for the next reading: it is slow`);
  }

  return {
    async read(keys, isUrgent, ask, round) {
      reading++;
      const untilMs = monotonicMs() + timeMs;
      const chosen = choose(keys, isUrgent);
      const asked = await askEach(
        chosen,
        async (key) => {
          const one = known.get(key) ?? { askedIn: reading, answeredIn: reading, answer: undefined };
          known.set(key, one);
          one.askedIn = reading;
          one.answer = await ask(key);
          one.answeredIn = reading;
        },
        () => monotonicMs() > untilMs,
        round.signal,
      );
      forget(keys);
      tell(chosen.length, asked, round);
      return new Map([...known].flatMap(([key, { answer }]) => (answer === undefined ? [] : [[key, answer] as const])));
    },
  };
}

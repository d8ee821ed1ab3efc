/** Rounds for which something new is looked at each time: it may not have become what it will be. */
const YOUNG_ROUNDS = 3;
/** Afterwards once in so many, a minute. */
const PERIOD_ROUNDS = 12;

/**
 * Is it time to look again at something that changes seldom? Things with different numbers take turns, so that no round has to
 * look at all of them.
 */
export function isDue(round: number, sinceRound: number, number: number, period: number = PERIOD_ROUNDS): boolean {
  return round - sinceRound < YOUNG_ROUNDS || (round + number) % period === 0;
}

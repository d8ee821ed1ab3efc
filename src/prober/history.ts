import { rttBuckets } from "./metrics.ts";
import { judgedPackets, lostPackets, STREAM, voidPackets, word } from "./tally.ts";

/** The part of a tally that a window needs. */
export interface WindowTally {
  readonly seconds: number;
  readonly packets: number;
  readonly lost: number;
  readonly voided: number;
  readonly burstSquared: number;
  /** Not cumulative, one a bucket of rttBuckets and one for +Inf. */
  readonly rttCounts: readonly number[];
}

const FIXED = 4;
const WORDS = FIXED + rttBuckets.length + 1;

interface Point {
  readonly atSeconds: number;
  readonly words: Float64Array;
}

/** What happened on each path in the last minutes: cumulative counts at regular moments, oldest out. */
export interface History {
  /** Notes the counts of all paths; called every `stepSeconds`. */
  note(tallies: ReadonlyMap<string, Float64Array>, nowSeconds: number): void;
  /** Counts of one path from the oldest moment kept until now. */
  window(key: string, tally: Float64Array, nowSeconds: number): WindowTally;
}

function wordsOf(tally: Float64Array): Float64Array {
  const words = new Float64Array(WORDS);
  words.set([judgedPackets(tally), lostPackets(tally), voidPackets(tally), word(tally, STREAM.burstSquared)]);
  words.set(tally.subarray(STREAM.rtt, STREAM.rtt + rttBuckets.length + 1), FIXED);
  return words;
}

export function createHistory(windowSeconds: number): History {
  const points = new Map<string, Point[]>();
  return {
    note(tallies, nowSeconds) {
      for (const key of points.keys()) if (!tallies.has(key)) points.delete(key);
      for (const [key, tally] of tallies) {
        const kept = (points.get(key) ?? []).filter((point) => point.atSeconds > nowSeconds - windowSeconds);
        points.set(key, [...kept, { atSeconds: nowSeconds, words: wordsOf(tally) }]);
      }
    },
    window(key, tally, nowSeconds) {
      const oldest = points.get(key)?.[0];
      const now = wordsOf(tally);
      // A path that began anew under its old name counts from 0 again.
      const since =
        oldest && (oldest.words[0] as number) <= (now[0] as number) ? oldest.words : new Float64Array(WORDS);
      const difference = now.map((value, i) => value - (since[i] as number));
      const [packets = 0, lost = 0, voided = 0, burstSquared = 0] = difference;
      return {
        seconds: oldest ? nowSeconds - oldest.atSeconds : 0,
        packets,
        lost,
        voided,
        burstSquared,
        rttCounts: Array.from(difference.subarray(FIXED)),
      };
    },
  };
}

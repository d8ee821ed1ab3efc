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
const RTT_WORDS = rttBuckets.length + 1;
const WORDS = FIXED + RTT_WORDS;

/** The counts of all paths at one moment, WORDS doubles each: one block a moment, because a block a path has much overhead. */
interface Moment {
  readonly atSeconds: number;
  /** Where each path has its words; moments with the same paths share it. */
  readonly places: ReadonlyMap<string, number>;
  readonly words: Float64Array;
}

/** What happened on each path in the last minutes: cumulative counts at regular moments, oldest out. */
export interface History {
  /** Notes the counts of all paths; called every `stepSeconds`. */
  note(tallies: ReadonlyMap<string, Float64Array>, nowSeconds: number): void;
  /** Counts of one path from the oldest moment kept until now. */
  window(key: string, tally: Float64Array, nowSeconds: number): WindowTally;
}

export function createHistory(windowSeconds: number): History {
  let moments: readonly Moment[] = [];
  return {
    note(tallies, nowSeconds) {
      const places = placesOf(tallies, moments.at(-1)?.places);
      const words = new Float64Array(tallies.size * WORDS);
      for (const [key, tally] of tallies) fill(wordsAt(words, places.get(key)), tally);
      const kept = moments.filter((moment) => moment.atSeconds > nowSeconds - windowSeconds);
      moments = [...kept, { atSeconds: nowSeconds, places, words }];
    },
    window(key, tally, nowSeconds) {
      const now = fill(new Float64Array(WORDS), tally);
      const oldest = oldestOf(moments, key);
      const then = oldest && wordsAt(oldest.words, oldest.places.get(key));
      // A path that began anew under its old name counts from 0 again.
      const since = then && word(then, 0) <= word(now, 0) ? then : new Float64Array(WORDS);
      const difference = now.map((value, i) => value - word(since, i));
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

function fill(words: Float64Array, tally: Float64Array): Float64Array {
  words[0] = judgedPackets(tally);
  words[1] = lostPackets(tally);
  words[2] = voidPackets(tally);
  words[3] = word(tally, STREAM.burstSquared);
  words.set(tally.subarray(STREAM.rtt, STREAM.rtt + RTT_WORDS), FIXED);
  return words;
}

function wordsAt(words: Float64Array, place = 0): Float64Array {
  return words.subarray(place * WORDS, (place + 1) * WORDS);
}

function placesOf(tallies: ReadonlyMap<string, unknown>, known: ReadonlyMap<string, number> | undefined) {
  const same = known?.size === tallies.size && [...tallies.keys()].every((key) => known.has(key));
  return same ? known : new Map([...tallies.keys()].map((key, place) => [key, place]));
}

/** The oldest moment since which the path was always there: what went away is forgotten. */
function oldestOf(moments: readonly Moment[], key: string): Moment | undefined {
  return moments[moments.findLastIndex(({ places }) => !places.has(key)) + 1];
}

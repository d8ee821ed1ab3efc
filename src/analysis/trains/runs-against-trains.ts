import { studentTail } from "../pattern/distributions.ts";

/** What one train or run of packets met. */
export interface TrainTally {
  /** Received and lost; void ones do not count. */
  readonly packets: number;
  readonly lost: number;
  /** Received packets whose RTT is known. */
  readonly timed: number;
  /** Those of them whose RTT was over the excursion limit. */
  readonly delayed: number;
}

/** Trains are short, each after a pause; runs are long. They took turns, so that both met the same hours. */
export interface InterleavedTrains {
  /** In time order. */
  readonly runs: readonly TrainTally[];
  readonly trains: readonly TrainTally[];
  /** True once no token bucket was found on the path. */
  readonly limiterExcluded: boolean;
}

/** One share, compared between runs and trains. */
export interface Comparison {
  readonly runRatio: number | null;
  readonly trainRatio: number | null;
  /** One-sided: how likely the runs come out this much worse where both are alike. Null where it was not tested. */
  readonly pValue: number | null;
  readonly reason: string | null;
}

export interface RunsAgainstTrains {
  readonly loss: Comparison;
  /** Share of RTTs over the excursion limit: of a stalled CPU it is the stronger sign. */
  readonly delay: Comparison;
  /** What else explains a difference; null where that was excluded. */
  readonly caution: string | null;
}

const LEAST_RUNS = 5;
const LEAST_TRAINS = 20;
/** Independent events that the trains should have met if they were like the runs: of fewer, none is no surprise. */
const LEAST_EXPECTED_EVENTS = 6;
const LIMITER_CAUTION = "a token bucket passes short trains too, by the credit it saved: exclude a rate limiter first";

/** The 1,000-versus-10 test: do packets fare worse within long runs than in short trains after a pause? */
export function runsAgainstTrains({ runs, trains, limiterExcluded }: InterleavedTrains): RunsAgainstTrains {
  const loss = (t: TrainTally): Share => ({ hits: t.lost, of: t.packets });
  const delay = (t: TrainTally): Share => ({ hits: t.delayed, of: t.timed });
  return {
    loss: compare(runs.map(loss), trains.map(loss), "lost packets"),
    delay: compare(runs.map(delay), trains.map(delay), "delayed packets"),
    caution: limiterExcluded ? null : LIMITER_CAUTION,
  };
}

interface Share {
  readonly hits: number;
  readonly of: number;
}

/**
 * Difference of two ratios by Student's t, with Welch's degrees of freedom. Clusters are the runs, and the trains of each turn
 * between two runs. Trains that met nothing say nothing of how events gather: their variance is never taken to be less than the
 * binomial's times the design effect of runs and trains, which for a train is at most its length.
 */
function compare(runShares: readonly Share[], trainShares: readonly Share[], what: string): Comparison {
  const runs = runShares.filter(({ of }) => of > 0);
  const trains = trainShares.filter(({ of }) => of > 0);
  const [run, train] = [total(runs), total(trains)];
  const [runRatio, trainRatio] = [ratioOf(run), ratioOf(train)];
  const result = (pValue: number | null, reason: string | null): Comparison => ({
    runRatio: run.of === 0 ? null : runRatio,
    trainRatio: train.of === 0 ? null : trainRatio,
    pValue,
    reason,
  });
  if (runs.length < LEAST_RUNS) return result(null, `${runs.length} runs, needs ${LEAST_RUNS}`);
  if (trains.length < LEAST_TRAINS) return result(null, `${trains.length} trains, needs ${LEAST_TRAINS}`);
  const pooled = ratioOf(total([run, train]));
  const binomial = pooled * (1 - pooled);
  if (binomial === 0) return result(1, null);
  const runEffect = Math.max(1, (clusteredVariance(runs, runRatio) * run.of) / binomial);
  const ownEffect = (clusteredVariance(trains, trainRatio) * train.of) / binomial;
  const trainEffect = Math.min(Math.max(runEffect, ownEffect), train.of / trains.length);
  const events = (train.of * Math.min(pooled, 1 - pooled)) / trainEffect;
  if (events < LEAST_EXPECTED_EVENTS) {
    const needed = Math.ceil((trains.length * LEAST_EXPECTED_EVENTS) / events);
    return result(null, `too few ${what} for ${trains.length} trains, needs about ${needed}`);
  }
  const turns = inTurns(trains, runs.length);
  const runVariance = (binomial * runEffect) / run.of;
  const trainVariance = Math.max(clusteredVariance(turns, trainRatio), (binomial * trainEffect) / train.of);
  const variance = runVariance + trainVariance;
  const freedom = variance ** 2 / (runVariance ** 2 / (runs.length - 1) + trainVariance ** 2 / (turns.length - 1));
  return result(studentTail((runRatio - trainRatio) / Math.sqrt(variance), freedom), null);
}

function total(shares: readonly Share[]): Share {
  return shares.reduce((sum, { hits, of }) => ({ hits: sum.hits + hits, of: sum.of + of }), { hits: 0, of: 0 });
}

function ratioOf({ hits, of }: Share): number {
  return hits / of;
}

/** Trains that came between the same two runs meet the same spells, so they count as one. */
function inTurns(trains: readonly Share[], turns: number): Share[] {
  const turnOf = (i: number) => Math.floor((i * turns) / trains.length);
  return Array.from({ length: turns }, (_, turn) => total(trains.filter((_, i) => turnOf(i) === turn)));
}

/** Of a ratio of sums over clusters. */
function clusteredVariance(clusters: readonly Share[], ratio: number): number {
  const squares = clusters.reduce((sum, { hits, of }) => sum + (hits - ratio * of) ** 2, 0);
  return ((clusters.length / (clusters.length - 1)) * squares) / total(clusters).of ** 2;
}

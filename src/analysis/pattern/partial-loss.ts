import { Z95 } from "../bounds.ts";
import type { Histogram, LossDistances } from "./distances.ts";
import type { Estimate, TwoState } from "./estimate.ts";
import { minimum } from "./simplex.ts";

/** Fewer losses do not tell spells that lose all from spells that lose a part. */
const LEAST_LOSSES = 20;
/**
 * Twice the gain in log-likelihood over spells that lose all, from which partial loss is believed: 0.5 % of a chi-square with one
 * degree of freedom, halved because the simpler model is at the edge.
 */
const LEAST_GAIN = 6.63;
/** Standard error on the logit scale from which an estimate says too little to be printed. */
const LARGEST_ERROR = 1;
const EVALUATIONS = 400;
const STEP = 1e-3;

interface Parameters {
  readonly goodToBad: number;
  readonly badToGood: number;
  readonly lossInBad: number;
}

/**
 * Maximum likelihood of all three parameters. A loss can only happen in a bad spell, so the chain begins anew at each loss, and
 * the distances between losses, which are a mixture of two geometric distributions, hold all there is to know.
 * @returns null where losses are few, or spells seem to lose everything; the reason where they do not, but the log is too short
 */
export function fitPartialLoss(distances: LossDistances): TwoState | string | null {
  if (distances.lost < LEAST_LOSSES) return null;
  const cost = (logits: readonly number[]) => -logLikelihood(distances, fromLogits(logits));
  const start = bestOf(candidates(distances), cost);
  if (!start) return null;
  const rough = minimum(cost, start, 0.5, EVALUATIONS);
  const best = minimum(cost, rough, 0.1, EVALUATIONS);
  if (2 * (simpleCost(distances) - cost(best)) < LEAST_GAIN) return null;
  const errors = standardErrors(cost, best);
  if (!errors?.every((error) => error < LARGEST_ERROR)) {
    return `bad spells let packets through, and ${distances.lost} losses are too few to say how many`;
  }
  const estimate = (i: number): Estimate => {
    const [logit, reach] = [best[i] ?? 0, Z95 * (errors[i] ?? 0)];
    return { value: logistic(logit), lower: logistic(logit - reach), upper: logistic(logit + reach) };
  };
  return { goodToBad: estimate(0), badToGood: estimate(1), lossInBad: estimate(2) };
}

/** Log-likelihood of the distances; minus infinity where the bad state would not last. */
export function logLikelihood({ ended, cut }: LossDistances, parameters: Parameters): number {
  const { goodToBad: p, badToGood: r, lossInBad: h } = parameters;
  if (p + r >= 1) return Number.NEGATIVE_INFINITY;
  // Survival of d packets without loss is w slow^d + (1 - w) fast^d: eigenvalues of the steps that see no loss.
  const trace = 1 - p + (1 - r) * (1 - h);
  const determinant = (1 - h) * (1 - p - r);
  const root = Math.sqrt(Math.max(0, (trace * trace) / 4 - determinant));
  const slow = trace / 2 + root;
  const fast = determinant / slow;
  const w = (1 - (1 - r) * h - fast) / (slow - fast);
  const survival = (d: number) => w * slow ** d + (1 - w) * fast ** d;
  const density = (d: number) => w * slow ** (d - 1) * (1 - slow) + (1 - w) * fast ** (d - 1) * (1 - fast);
  return sumOfLogs(ended, density) + sumOfLogs(cut, survival);
}

function sumOfLogs({ distance, times }: Histogram, f: (d: number) => number): number {
  let sum = 0;
  for (let i = 0; i < distance.length; i++) sum += (times[i] ?? 0) * Math.log(f(distance[i] ?? 0));
  return sum;
}

/** Cost of spells that lose everything: a distance is 1 with 1 - r, and beyond that geometric in p. */
function simpleCost({ ended, cut }: LossDistances): number {
  let [neighbours, far, waited, ends] = [0, 0, 0, 0];
  for (const [i, d] of ended.distance.entries()) {
    const times = ended.times[i] ?? 0;
    if (d === 1) neighbours += times;
    else {
      far += times;
      waited += times * (d - 2);
    }
  }
  for (const [i, d] of cut.distance.entries()) {
    ends += cut.times[i] ?? 0;
    waited += (cut.times[i] ?? 0) * (d - 1);
  }
  const r = (far + ends) / (neighbours + far + ends);
  const p = far / (far + waited);
  const term = (n: number, probability: number) => (n === 0 ? 0 : n * Math.log(probability));
  return -(term(neighbours, 1 - r) + term(far + ends, r) + term(far, p) + term(waited, 1 - p));
}

/** Starting points that lose as much as was lost. */
function candidates({ lost, packets }: LossDistances): number[][] {
  const ratio = lost / packets;
  return [0.1, 0.25, 0.5, 0.75, 0.95].flatMap((h) =>
    [0.005, 0.02, 0.07, 0.2, 0.5].flatMap((r) => {
      const p = (ratio * r) / (h - ratio);
      return p > 0 && p + r < 1 ? [[p, r, h].map(logit)] : [];
    }),
  );
}

function bestOf(points: readonly number[][], cost: (point: readonly number[]) => number): number[] | undefined {
  return points.reduce<number[] | undefined>((a, b) => (a === undefined || cost(b) < cost(a) ? b : a), undefined);
}

function logit(probability: number): number {
  return Math.log(probability / (1 - probability));
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function fromLogits([p = 0, r = 0, h = 0]: readonly number[]): Parameters {
  return { goodToBad: logistic(p), badToGood: logistic(r), lossInBad: logistic(h) };
}

/** From the curvature of the cost at its least; null where it is no proper minimum. */
function standardErrors(cost: (point: readonly number[]) => number, at: readonly number[]): number[] | null {
  const shifted = (i: number, di: number, j: number, dj: number) =>
    cost(at.map((x, k) => x + (k === i ? di * STEP : 0) + (k === j ? dj * STEP : 0)));
  const second = (i: number, j: number) =>
    (shifted(i, 1, j, 1) - shifted(i, 1, j, -1) - shifted(i, -1, j, 1) + shifted(i, -1, j, -1)) / (4 * STEP * STEP);
  const [a, b, c] = [second(0, 0), second(0, 1), second(0, 2)];
  const [d, e, f] = [second(1, 1), second(1, 2), second(2, 2)];
  const determinant = a * (d * f - e * e) - b * (b * f - c * e) + c * (b * e - c * d);
  const variances = [d * f - e * e, a * f - c * c, a * d - b * b].map((minor) => minor / determinant);
  const isProper = a > 0 && a * d - b * b > 0 && determinant > 0 && variances.every((v) => v > 0);
  return isProper ? variances.map(Math.sqrt) : null;
}

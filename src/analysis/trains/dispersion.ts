import { LOST, type PacketLog, VOID } from "../packet-log.ts";
import { gammaBelow } from "../pattern/distributions.ts";

export const TRAIN_PACKETS = 10;
/** Fewer prove nothing worth saying: two losses in one train of ten are significant already, and may be one event. */
const LEAST_LOSSES = 5;
const LEAST_TRAINS = 50;

/** Three sums that counters can hold, over trains of consecutive packets of one stream. */
export interface TrainSums {
  readonly trains: number;
  readonly lost: number;
  /** Sum over the trains of the square of what each lost. */
  readonly squaredLost: number;
}

/** Trains of consecutive sends; what is left over at the end, and trains that hold a void packet, are left out. */
export function trainSums({ count, outcome }: PacketLog, trainPackets: number = TRAIN_PACKETS): TrainSums {
  let trains = 0;
  let lost = 0;
  let squaredLost = 0;
  for (let start = 0; start + trainPackets <= count; start += trainPackets) {
    const train = outcome.subarray(start, start + trainPackets);
    if (train.includes(VOID)) continue;
    let inTrain = 0;
    for (const verdict of train) if (verdict === LOST) inTrain++;
    trains++;
    lost += inTrain;
    squaredLost += inTrain * inTrain;
  }
  return { trains, lost, squaredLost };
}

/** Whether losses gather in trains: "bursty", which is not yet "stall". */
export interface Dispersion {
  readonly trains: number;
  readonly lost: number;
  /** Variance of the losses of a train over the binomial's: about 1 for random loss, at most the train's length. Null without loss. */
  readonly index: number | null;
  /** How likely random loss of as many packets gathers as much; null where it was not tested. */
  readonly pValue: number | null;
  readonly reason: string | null;
}

/**
 * Over-dispersion against loss at random, given how many packets were lost. The statistic is the number of pairs of losses in
 * the same train (of pairs received, once most are lost), whose mean and variance under random loss are exact; its tail is a
 * Poisson's, scaled to that variance. False alarms and power: docs/detectors.md.
 */
export function trainDispersion(sums: TrainSums, trainPackets: number = TRAIN_PACKETS): Dispersion {
  const { trains, lost, squaredLost } = sums;
  const packets = trains * trainPackets;
  const received = packets - lost;
  const binomial = (lost / trains) * (received / packets);
  const index = binomial > 0 && trains > 1 ? (squaredLost - (lost * lost) / trains) / (trains - 1) / binomial : null;
  const none = (reason: string): Dispersion => ({ trains, lost, index, pValue: null, reason });
  if (trains < LEAST_TRAINS) return none(`${trains} trains, needs ${LEAST_TRAINS}`);
  if (lost < LEAST_LOSSES) return none(`${lost} lost, needs ${LEAST_LOSSES}`);
  if (received < LEAST_LOSSES) return none(`${received} received, needs ${LEAST_LOSSES}`);
  const rare = Math.min(lost, received);
  const squaredRare = rare === lost ? squaredLost : squaredLost + trainPackets * (packets - 2 * lost);
  const { mean, variance } = pairsAtRandom(trains, trainPackets, rare);
  const pairs = (squaredRare - rare) / 2;
  const pValue = pairs > 0 ? gammaBelow((pairs * mean) / variance, (mean * mean) / variance) : 1;
  return { trains, lost, index, pValue, reason: null };
}

/** Pairs in the same train when `lost` of all packets are drawn without replacement. */
function pairsAtRandom(trains: number, b: number, lost: number): { mean: number; variance: number } {
  const packets = trains * b;
  /** That `k` given packets are all lost. */
  const all = (k: number) => {
    let probability = 1;
    for (let i = 0; i < k; i++) probability *= Math.max(0, lost - i) / (packets - i);
    return probability;
  };
  const pairs = (trains * b * (b - 1)) / 2;
  // Ordered pairs of pairs that share one packet, and that share none.
  const sharing = trains * b * (b - 1) * (b - 2);
  const apart = pairs * (pairs - 1) - sharing;
  const mean = pairs * all(2);
  return { mean, variance: mean + sharing * all(3) + apart * all(4) - mean * mean };
}

import { type PacketLog, packetTotals } from "../packet-log.ts";
import { type Dispersion, trainDispersion, trainSums } from "../trains/dispersion.ts";
import type { TwoState } from "./estimate.ts";
import { delayOnsets, lossOnsets } from "./onsets.ts";
import { type Periodicity, periodicity } from "./periodicity.ts";
import { blackoutOf, type LossRun, lossRuns, type RunSummary, summarizeRuns } from "./runs.ts";
import { twoState } from "./two-state.ts";

/** Plain data for JSON; null stands for what was not measured. */
export interface LossPattern extends RunSummary {
  readonly packets: number;
  readonly lost: number;
  readonly burstiness: Dispersion;
  readonly twoState: TwoState | null;
  /** Why `twoState` is null. */
  readonly twoStateReason: string | null;
  readonly lossPeriod: Periodicity;
  /** How long the blackout of each period is, about; null without a period. */
  readonly periodicBlackoutSeconds: number | null;
  /** Of RTTs over the excursion limit. */
  readonly delayPeriod: Periodicity;
}

export function lossPattern(log: PacketLog): LossPattern {
  const { packets, lost } = packetTotals(log);
  const runs = lossRuns(log);
  const states = twoState(log);
  const lossPeriod = periodicity(lossOnsets(log));
  return {
    packets,
    lost,
    ...summarizeRuns(log, runs),
    burstiness: trainDispersion(trainSums(log)),
    twoState: typeof states === "string" ? null : states,
    twoStateReason: typeof states === "string" ? states : null,
    lossPeriod,
    periodicBlackoutSeconds: blackoutSeconds(log, runs, lossPeriod, lost / packets),
    delayPeriod: periodicity(delayOnsets(log)),
  };
}

/**
 * The middle of each run's bounds, weighted by its packets, so that single losses beside the blackouts count little. Blackouts
 * shorter than the packets' spacing show in the share of packets that they take instead.
 */
function blackoutSeconds(
  log: PacketLog,
  runs: readonly LossRun[],
  { periodSeconds }: Periodicity,
  lossRatio: number,
): number | null {
  if (periodSeconds === null) return null;
  let seconds = 0;
  let weight = 0;
  for (const run of runs) {
    const { atLeastSeconds, atMostSeconds } = blackoutOf(log, run);
    if (atMostSeconds === null) continue;
    seconds += (run.packets * (atLeastSeconds + atMostSeconds)) / 2;
    weight += run.packets;
  }
  const byShare = lossRatio * periodSeconds;
  return weight === 0 ? byShare : Math.min(byShare, seconds / weight);
}

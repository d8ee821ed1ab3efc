import { SIGNIFICANT_P } from "./distributions.ts";
import type { LossPattern } from "./loss-pattern.ts";
import type { Periodicity } from "./periodicity.ts";

/** The pattern in one sentence for people, without a full stop. */
export function patternSentence(pattern: LossPattern): string {
  const { delayPeriod } = pattern;
  if (delayPeriod.periodSeconds === null) return lossClause(pattern);
  return `${lossClause(pattern)}; RTT over its shortest by more than 5 ms every ${period(delayPeriod)}`;
}

function lossClause(pattern: LossPattern): string {
  const { packets, lost, lossPeriod, periodicBlackoutSeconds } = pattern;
  if (packets === 0) return "nothing was judged";
  if (lost === 0) return "no packet was lost";
  if (lost === packets) return "every packet was lost";
  if (lossPeriod.periodSeconds !== null) {
    return `periodic: a blackout of about ${duration(periodicBlackoutSeconds ?? 0)} every ${period(lossPeriod)}`;
  }
  const { pValue } = pattern.burstiness;
  if (pValue === null)
    return lost < packets / 2 ? "too few losses to see a pattern" : "too few packets to see a pattern";
  return pValue < SIGNIFICANT_P ? burstClause(pattern) : randomClause(pattern);
}

function burstClause({ twoState, meanRunPackets, longestRunPackets }: LossPattern): string {
  if (twoState?.lossInBad) {
    const spell = packets(1 / twoState.badToGood.value);
    return `in bad spells of about ${spell} packets on average, which lose ${percent(twoState.lossInBad.value)} of them`;
  }
  return `in bursts of ${packets(meanRunPackets ?? 0)} packets on average, the longest of ${longestRunPackets}`;
}

function randomClause({ longestRunPackets, lossPeriod }: LossPattern): string {
  const kind = longestRunPackets === 1 ? "random: single packets lost" : "random";
  if (lossPeriod.pValue === null) return `${kind}, not bursty; a period cannot be looked for: ${lossPeriod.reason}`;
  return `${kind}${kind === "random" ? ":" : ","} no period found, not bursty`;
}

function period({ periodSeconds, pValue, onsets }: Periodicity): string {
  const p = (pValue ?? 1) < 0.001 ? "p < 0.001" : `p = ${(pValue ?? 1).toPrecision(1)}`;
  return `${duration(periodSeconds ?? 0)} (${p}, ${onsets} onsets)`;
}

/** Two digits, as seconds, or as milliseconds below one second. */
function duration(seconds: number): string {
  return seconds < 0.9995 ? `${Number((seconds * 1000).toPrecision(2))} ms` : `${seconds.toPrecision(2)} s`;
}

function packets(count: number): string {
  return count.toFixed(count < 10 ? 1 : 0);
}

function percent(ratio: number): string {
  return `${Number((ratio * 100).toPrecision(2))} %`;
}

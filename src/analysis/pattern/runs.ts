import { LOST, type PacketLog, VOID } from "../packet-log.ts";

/** A loss period (RFC 3357, section 4.4), as indices into the log. Void packets neither lengthen nor end it. */
export interface LossRun {
  readonly first: number;
  readonly last: number;
  /** Lost packets. */
  readonly packets: number;
  /** Received packets around it; null where the log begins or ends with the run. */
  readonly before: number | null;
  readonly after: number | null;
  /** Packets received since the run before, or since the log's begin. */
  readonly gapPackets: number;
}

/** In send order. */
export function lossRuns({ count, outcome }: PacketLog): LossRun[] {
  const runs: LossRun[] = [];
  let received: number | null = null;
  let gapPackets = 0;
  for (let i = 0; i < count; i++) {
    if (outcome[i] === VOID) continue;
    if (outcome[i] !== LOST) {
      received = i;
      gapPackets++;
      continue;
    }
    let last = i;
    let packets = 1;
    let next = i + 1;
    for (; next < count; next++) {
      if (outcome[next] === VOID) continue;
      if (outcome[next] !== LOST) break;
      last = next;
      packets++;
    }
    runs.push({ first: i, last, packets, before: received, after: next < count ? next : null, gapPackets });
    gapPackets = 0;
    i = next - 1;
  }
  return runs;
}

/** What is known of a blackout's length: only packets that were sent into it witness it, so two figures enclose it. */
export interface Blackout {
  readonly packets: number;
  /** Send of its first lost packet, by the log's clock. */
  readonly startSeconds: number;
  /** From the send of its first lost packet to that of its last; 0 for a single packet. */
  readonly atLeastSeconds: number;
  /**
   * From the send of the last packet received before it to that of the first received after it. Null where the log begins or
   * ends with it. As for all figures by send times, a blackout that hits replies is as long if the RTT is steady.
   */
  readonly atMostSeconds: number | null;
}

export function blackoutOf({ sentSeconds }: PacketLog, run: LossRun): Blackout {
  const at = (index: number) => sentSeconds[index] ?? 0;
  return {
    packets: run.packets,
    startSeconds: at(run.first),
    atLeastSeconds: at(run.last) - at(run.first),
    atMostSeconds: run.before === null || run.after === null ? null : at(run.after) - at(run.before),
  };
}

/** Counts of packets are over received and lost ones. */
export interface RunSummary {
  readonly runs: number;
  /** Null without loss. */
  readonly meanRunPackets: number | null;
  readonly longestRunPackets: number;
  /** Packets received between one run and the next (RFC 3357, section 6.4); null with less than two runs. */
  readonly meanGapPackets: number | null;
  readonly shortestGapPackets: number | null;
  /** The one that may have been longest: by its upper bound, or by its lower one at the log's edges. Null without loss. */
  readonly longestBlackout: Blackout | null;
}

export function summarizeRuns(log: PacketLog, runs: readonly LossRun[] = lossRuns(log)): RunSummary {
  let lost = 0;
  let longestRunPackets = 0;
  let gaps = 0;
  let shortestGap = Number.POSITIVE_INFINITY;
  let longest: Blackout | null = null;
  for (const [i, run] of runs.entries()) {
    lost += run.packets;
    longestRunPackets = Math.max(longestRunPackets, run.packets);
    if (i > 0) {
      gaps += run.gapPackets;
      shortestGap = Math.min(shortestGap, run.gapPackets);
    }
    const blackout = blackoutOf(log, run);
    if (longest === null || reach(blackout) > reach(longest)) longest = blackout;
  }
  return {
    runs: runs.length,
    meanRunPackets: runs.length === 0 ? null : lost / runs.length,
    longestRunPackets,
    meanGapPackets: runs.length < 2 ? null : gaps / (runs.length - 1),
    shortestGapPackets: runs.length < 2 ? null : shortestGap,
    longestBlackout: longest,
  };
}

function reach({ atLeastSeconds, atMostSeconds }: Blackout): number {
  return atMostSeconds ?? atLeastSeconds;
}

import { LOST, type PacketLog, VOID } from "../packet-log.ts";

/** How far over the shortest RTT a reply is an excursion: a queue behind a stalled CPU, not a queue on the wire. */
export const EXCURSION_SECONDS = 0.005;

/** Judged packets in send order, as an on-off process whose stretches count where they begin. */
export interface Onsets {
  /** When each judged packet was sent. */
  readonly seconds: Float64Array;
  /**
   * At the first packet of each stretch the square root of its packets, else 0. By the root, single losses at random do not drown
   * blackouts among them, and one long blackout does not drown the others.
   */
  readonly weight: Float64Array;
  readonly packets: number;
  readonly onsets: number;
}

/** First losses of all runs. */
export function lossOnsets(log: PacketLog): Onsets {
  return collect(log, (i) => log.outcome[i] === LOST);
}

/**
 * First packets of all stretches whose RTT is more than `excessSeconds` over the log's shortest. A loss within such a stretch
 * belongs to it, a loss elsewhere does not.
 */
export function delayOnsets(log: PacketLog, excessSeconds: number = EXCURSION_SECONDS): Onsets {
  const limit = shortestRtt(log) + excessSeconds;
  let delayed = false;
  return collect(log, (i) => {
    const rtt = log.rttSeconds[i] ?? Number.NaN;
    if (log.outcome[i] !== LOST && !Number.isNaN(rtt)) delayed = rtt > limit;
    return delayed;
  });
}

export function shortestRtt({ count, rttSeconds }: PacketLog): number {
  let shortest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < count; i++) if ((rttSeconds[i] ?? Number.NaN) < shortest) shortest = rttSeconds[i] ?? shortest;
  return shortest;
}

/** @param isOn asked once for each judged packet, in order */
function collect({ count, outcome, sentSeconds }: PacketLog, isOn: (index: number) => boolean): Onsets {
  const seconds = new Float64Array(count);
  const weight = new Float64Array(count);
  let packets = 0;
  let onsets = 0;
  let first = 0;
  let length = 0;
  for (let i = 0; i < count; i++) {
    if (outcome[i] === VOID) continue;
    if (!isOn(i)) length = 0;
    else if (length++ === 0) {
      first = packets;
      onsets++;
    }
    if (length > 0) weight[first] = Math.sqrt(length);
    seconds[packets++] = sentSeconds[i] ?? 0;
  }
  return { seconds: seconds.subarray(0, packets), weight: weight.subarray(0, packets), packets, onsets };
}

import { LOST, type PacketLog, VOID } from "../packet-log.ts";

/** Judged packets in send order, as an on-off process that begins anew at each onset. */
export interface Onsets {
  /** When each judged packet was sent. */
  readonly seconds: Float64Array;
  /** 1 at the first packet of each stretch. */
  readonly onset: Uint8Array;
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
export function delayOnsets(log: PacketLog, excessSeconds: number): Onsets {
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
  const onset = new Uint8Array(count);
  let packets = 0;
  let onsets = 0;
  let wasOn = false;
  for (let i = 0; i < count; i++) {
    if (outcome[i] === VOID) continue;
    const on = isOn(i);
    if (on && !wasOn) {
      onset[packets] = 1;
      onsets++;
    }
    wasOn = on;
    seconds[packets++] = sentSeconds[i] ?? 0;
  }
  return { seconds: seconds.subarray(0, packets), onset: onset.subarray(0, packets), packets, onsets };
}

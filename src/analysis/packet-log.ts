/** What became of a packet; values of `PacketLog.outcome`. */
export const RECEIVED = 0;
export const LOST = 1;
/** Our own fault, or nobody knows: says nothing about the path. */
export const VOID = 2;

/** Packets of one stream in send order, as a struct of arrays; entries from `count` on mean nothing. */
export interface PacketLog {
  readonly count: number;
  /** Any origin, never falling. */
  readonly sentSeconds: Float64Array;
  readonly outcome: Uint8Array;
  /** NaN where it is not known, or nothing was received. */
  readonly rttSeconds: Float64Array;
}

export interface PacketTotals {
  /** Received and lost; void ones do not count. */
  readonly packets: number;
  readonly lost: number;
}

export function packetTotals({ count, outcome }: PacketLog): PacketTotals {
  let lost = 0;
  let packets = 0;
  for (let i = 0; i < count; i++) {
    if (outcome[i] === VOID) continue;
    packets++;
    if (outcome[i] === LOST) lost++;
  }
  return { packets, lost };
}

/** From the first send to the last; 0 of nothing. */
export function spanSeconds({ count, sentSeconds }: PacketLog): number {
  return (sentSeconds[count - 1] ?? 0) - (sentSeconds[0] ?? 0);
}

/** Two-sided bounds of a loss ratio, each 0 to 1. */
export interface LossBounds {
  readonly ratio: number;
  readonly lower: number;
  readonly upper: number;
}

/** What the bounds need to know of a stretch of judged packets. */
export interface LossTally {
  /** Received and lost packets; void ones do not count. */
  readonly packets: number;
  readonly lost: number;
  /** Sum of the squares of the lengths of all runs of loss (RFC 3357 loss periods). */
  readonly burstSquared: number;
}

/** 97.5 % quantile of the normal distribution: 95 % two-sided. */
export const Z95 = 1.96;

/**
 * Packets that the sample is worth once losses cluster: n divided by the design effect q/k, which is 1 for single losses
 * and B for runs of B. A cut run at a window's edge can make q exceed k squared; k is then the widest honest effect.
 */
export function effectivePackets({ packets, lost, burstSquared }: LossTally): number {
  if (lost === 0) return packets;
  return packets / Math.max(Math.min(burstSquared / lost, lost), 1);
}

/**
 * Wilson's score interval, widened by the design effect of bursts.
 * @returns null where nothing was judged: unknown is not zero
 */
export function lossBounds(tally: LossTally, z: number = Z95): LossBounds | null {
  if (tally.packets === 0) return null;
  const m = effectivePackets(tally);
  const ratio = tally.lost / tally.packets;
  const centre = ratio + (z * z) / (2 * m);
  const reach = z * Math.sqrt((ratio * (1 - ratio)) / m + (z * z) / (4 * m * m));
  const scale = 1 + (z * z) / m;
  return {
    ratio,
    lower: Math.max(0, (centre - reach) / scale),
    upper: Math.min(1, (centre + reach) / scale),
  };
}

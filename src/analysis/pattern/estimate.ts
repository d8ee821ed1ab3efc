/** With its 95 % confidence interval. */
export interface Estimate {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * A path that is good, and loses nothing, or bad, and loses `lossInBad` of its packets; per packet it changes state with these
 * probabilities (Gilbert 1960). 1 / badToGood is the mean length of a bad spell in packets.
 */
export interface TwoState {
  readonly goodToBad: Estimate;
  readonly badToGood: Estimate;
  /** Null where nothing shows that any packet of a bad spell gets through: the other two then hold for spells that lose all. */
  readonly lossInBad: Estimate | null;
}

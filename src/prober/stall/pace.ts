/** Does something no more often than its share of CPU time allows. */
export interface Pace {
  /** Does it now, unless it is too early. */
  step(nowNanos: number): void;
}

/** An action that took several times as long as usual was interrupted, and does not tell the cost. */
const OUTLIER = 4;
const COST_WEIGHT = 1 / 8;

/**
 * @param action its cost is measured each time: after a pause, with cold caches, it is ten times that of a tight loop
 * @param share CPU seconds that it may cost in each second
 * @param stopwatch milliseconds
 */
export function createPace(action: (nowNanos: number) => void, share: number, stopwatch: () => number): Pace {
  let dueNanos = Number.NEGATIVE_INFINITY;
  let costNanos = 0;

  return {
    step(nowNanos) {
      if (nowNanos < dueNanos) return;
      const begun = stopwatch();
      action(nowNanos);
      const cost = (stopwatch() - begun) * 1e6;
      costNanos = costNanos === 0 ? cost : costNanos + (Math.min(cost, OUTLIER * costNanos) - costNanos) * COST_WEIGHT;
      dueNanos = nowNanos + costNanos / share;
    },
  };
}

/** What is said of repeated measurements: medians and ranges, and ratios of what was measured side by side. */

/** @param {number[]} values at least one */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @typedef {{ median: number, min: number, max: number, count: number }} Summary */

/** @param {number[]} values at least one @returns {Summary} */
export function summary(values) {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values), count: values.length };
}

/**
 * Ratios turn by turn: what slows the machine for a while slows both sides of one turn.
 * @param {number[]} ours @param {number[]} theirs of the same turns
 * @returns {Summary}
 */
export function ratios(ours, theirs) {
  return summary(ours.map((value, turn) => value / theirs[turn]));
}

/** A change of less than this part over ten times as many targets is noise. */
const FLAT = 0.1;

/**
 * How a cost develops from fewest to most.
 * @param {number[][]} points for each number of targets the turns' values, the same turns everywhere
 * @returns {{ trend: "falls" | "flat" | "rises", steps: Summary[] }} steps: from each point to the next, as ratios
 */
export function trendOf(points) {
  const steps = points.slice(1).map((point, i) => ratios(point, points[i]));
  const overall = ratios(points[points.length - 1], points[0]).median;
  if (steps.some((step) => step.median > 1 + FLAT)) return { trend: "rises", steps };
  return { trend: overall < 1 - FLAT ? "falls" : "flat", steps };
}

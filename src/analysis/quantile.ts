/**
 * Nearest-rank quantile.
 * @param sorted ascending
 * @returns null of nothing
 */
export function quantile(sorted: ArrayLike<number>, q: number): number | null {
  if (sorted.length === 0) return null;
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? null;
}

/**
 * Quantile of a histogram, even within its bucket, as PromQL's histogram_quantile has it.
 * @param bounds upper bounds, ascending, without +Inf
 * @param counts one a bucket and one for +Inf, not cumulative
 * @returns null of nothing; the last bound where the quantile lies beyond it
 */
export function histogramQuantile(bounds: readonly number[], counts: readonly number[], q: number): number | null {
  const total = counts.reduce((a, b) => a + b, 0);
  if (total === 0) return null;
  let rank = q * total;
  for (const [i, upper] of bounds.entries()) {
    const count = counts[i] ?? 0;
    if (rank <= count && count > 0) {
      const lower = bounds[i - 1] ?? 0;
      return lower + ((upper - lower) * rank) / count;
    }
    rank -= count;
  }
  return bounds.at(-1) ?? null;
}

/**
 * One row of the result. `met` is undefined where nothing is demanded.
 * @typedef {{ what: string, ours: string, peer?: string, ratio?: number, target?: string, met?: boolean }} Row
 */

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Median and range, such as "31.2 µs (29.8 to 33.0)". */
export function spread(values, unit, digits = 1) {
  const text = `${median(values).toFixed(digits)} ${unit}`;
  if (values.length === 1) return text;
  return `${text} (${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)})`;
}

const headings = ["", "virtloss", "peer", "ratio", "target", ""];

/** @param {Row[]} rows */
export function table(rows) {
  const cells = rows.map(({ what, ours, peer = "", ratio, target = "", met }) => [
    what,
    ours,
    peer,
    ratio === undefined ? "" : ratio.toFixed(2),
    target,
    met === undefined ? "" : met ? "met" : "missed",
  ]);
  const widths = headings.map((heading, i) => Math.max(heading.length, ...cells.map((row) => row[i].length)));
  const line = (row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]))
      .join("  ")
      .trimEnd();
  return [line(headings), widths.map((width) => "-".repeat(width)).join("  "), ...cells.map(line)].join("\n");
}

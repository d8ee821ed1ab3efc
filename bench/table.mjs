import { summary } from "./statistics.mjs";

/** Three significant digits, no exponent: 5.43, 54.3, 543, 5430. */
export function figure(value) {
  const digits = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(2, digits));
}

/** Median and range, such as "31.2 µs (29.8 to 33.0)"; a single value has no range. */
export function spread(values, unit = "") {
  const { median, min, max, count } = summary(values);
  const text = `${figure(median)} ${unit}`.trimEnd();
  return count === 1 ? text : `${text} (${figure(min)} to ${figure(max)})`;
}

/** @param {import("./statistics.mjs").Summary} ratio */
export function spreadOfRatio({ median, min, max, count }) {
  const text = median.toFixed(2);
  return count === 1 ? text : `${text} (${min.toFixed(2)} to ${max.toFixed(2)})`;
}

export function count(value, noun = "") {
  const text = value.toLocaleString("en");
  return noun === "" ? text : `${text} ${noun}${value === 1 ? "" : "s"}`;
}

/** @param {boolean | undefined} met undefined where nothing is demanded, or where it could not be measured */
export function verdict(met) {
  return met === undefined ? "" : met ? "met" : "missed";
}

/** @typedef {{ title: string, columns: string[], rows: string[][] }} Table */

/** @param {Table} table @returns plain text with aligned columns */
export function render({ title, columns, rows }) {
  const widths = columns.map((column, i) => Math.max(column.length, ...rows.map((row) => row[i].length)));
  const line = (row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]))
      .join("  ")
      .trimEnd();
  return [title, line(columns), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)].join("\n");
}

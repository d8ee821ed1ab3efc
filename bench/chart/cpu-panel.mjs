import { summary } from "../statistics.mjs";
import { count, figure } from "../table.mjs";
import { dot, line, logAxis, text } from "./svg.mjs";

const LABEL_END = 200;
const PLOT_FROM = 216;
/** Behind the axis there is room for the longest value. */
const ROOM_FOR_VALUE = 120;
const ROW = 22;
const GROUP_HEAD = 34;
const TOP = 30;
/** Whoever sent less than this part of what was asked is shown to have done so. */
const FULL_RATE = 0.97;

/**
 * One row for each prober under each load: a dot at the median, a line over the range of the turns.
 * @param {import("../cpu.mjs").CpuResult} result
 * @param {Record<string, string>} titles of the probers, in the order of the rows
 * @returns {{ height: number, body: string[], description: string }}
 */
export function cpuPanel({ loads }, titles, width) {
  const groups = loads.map((load) => ({ ...load, rows: rowsOf(load, titles) }));
  const values = groups.flatMap(({ rows }) => rows.flatMap(({ min, max }) => [min, max]));
  const axis = logAxis(values, PLOT_FROM, width - ROOM_FOR_VALUE);
  const bottom = TOP + groups.reduce((sum, { rows }) => sum + GROUP_HEAD + rows.length * ROW, 0);
  const body = axis.ticks.flatMap((tick) => [
    line(axis.at(tick), TOP + 8, axis.at(tick), bottom, { class: "grid" }),
    text(axis.at(tick), bottom + 18, count(tick), { class: "axis", "text-anchor": "middle" }),
  ]);
  body.push(text(0, TOP - 12, "CPU per probe, in microseconds (logarithmic)", { class: "title" }));
  let y = TOP;
  for (const { targets, rate, rows } of groups) {
    body.push(text(0, y + GROUP_HEAD - 10, `${count(targets)} targets x ${rate}/s`, { class: "group" }));
    y += GROUP_HEAD;
    for (const row of rows) {
      body.push(...rowAt(y + ROW / 2, row, axis));
      y += ROW;
    }
  }
  return { height: bottom + 26, body, description: groups.map(describe).join(" ") };
}

function rowsOf({ targets, rate, turns }, titles) {
  return Object.entries(titles).flatMap(([key, title]) => {
    const costs = turns.flatMap((turn) => turn[key] ?? []);
    if (costs.length === 0) return [];
    const sent = summary(costs.map(({ perSecond }) => perSecond)).median / (targets * rate);
    return [{ key, title, sent, ...summary(costs.map(({ total }) => total)) }];
  });
}

function rowAt(y, { key, title, sent, median, min, max }, axis) {
  const look = key === "virtloss" ? "ours" : "peer";
  const value = sent < FULL_RATE ? `${figure(median)}, ${Math.round(sent * 100)} % sent` : figure(median);
  return [
    text(LABEL_END, y + 4, title, { class: look, "text-anchor": "end" }),
    line(axis.at(min), y, axis.at(max), y, { class: `range ${look}` }),
    dot(axis.at(median), y, `${title}: ${figure(median)} µs (${figure(min)} to ${figure(max)})`, { class: look }),
    text(Math.max(axis.at(max), axis.at(median)) + 12, y + 4, value, { class: look }),
  ];
}

function describe({ targets, rate, rows }) {
  const costs = rows.map(({ title, median }) => `${title} ${figure(median)}`).join(", ");
  return `CPU per probe at ${count(targets)} targets x ${rate}/s in microseconds: ${costs}.`;
}

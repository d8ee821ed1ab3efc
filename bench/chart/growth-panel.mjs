import { summary } from "../statistics.mjs";
import { count, figure } from "../table.mjs";
import { dot, element, line, logAxis, text } from "./svg.mjs";

const plots = [
  { title: "CPU per probe, µs", of: ({ cpuMicros }) => cpuMicros },
  { title: "Memory, MB", of: ({ residentBytes }) => residentBytes / 1e6 },
  { title: "Scrape, ms", of: ({ scrapeMillis }) => scrapeMillis },
];
const looks = ["first", "second"];
const TOP = 84;
const PLOT_HEIGHT = 150;
const AXIS_WIDTH = 48;
const GAP = 28;
const KEY_WIDTH = 220;

/**
 * A small plot for each cost, over the number of targets; both axes are logarithmic.
 * @param {{ series: import("../growth.mjs").Series[] }} result
 * @returns {{ height: number, body: string[], description: string }}
 */
export function growthPanel({ series }, width) {
  const plotWidth = (width - GAP * (plots.length - 1)) / plots.length;
  const body = [
    text(0, 18, "Growth from 10 to 10,000 targets (logarithmic)", { class: "title" }),
    ...series.flatMap(({ title }, i) => [
      line(i * KEY_WIDTH, 40, i * KEY_WIDTH + 28, 40, { class: `curve ${looks[i]}` }),
      text(i * KEY_WIDTH + 36, 44, title),
    ]),
    ...plots.map((plot, i) =>
      element("g", { transform: `translate(${Math.round(i * (plotWidth + GAP))} 0)` }, plotOf(plot, series, plotWidth)),
    ),
  ];
  return { height: TOP + PLOT_HEIGHT + 44, body, description: series.map(describe).join(" ") };
}

function plotOf({ title, of }, series, width) {
  const curves = series.map(({ points }) =>
    points.map(({ targets, turns }) => ({ targets, ...summary(turns.map((turn) => of(turn))) })),
  );
  const points = curves.flat();
  const bottom = TOP + PLOT_HEIGHT;
  const y = logAxis(
    points.flatMap(({ min, max }) => [min, max]),
    bottom,
    TOP,
  );
  const x = logAxis(
    points.map(({ targets }) => targets),
    AXIS_WIDTH + 8,
    width - 24,
  );
  return [
    text(0, TOP - 14, title, { class: "group" }),
    ...y.ticks.flatMap((tick) => [
      line(AXIS_WIDTH, y.at(tick), width, y.at(tick), { class: "grid" }),
      text(AXIS_WIDTH - 8, y.at(tick) + 4, count(tick), { class: "axis", "text-anchor": "end" }),
    ]),
    ...x.ticks.map((tick) => text(x.at(tick), bottom + 20, count(tick), { class: "axis", "text-anchor": "middle" })),
    ...curves.flatMap((curve, i) => curveOf(curve, looks[i], x, y)),
  ];
}

function curveOf(curve, look, x, y) {
  const path = curve.map(({ targets, median }) => `${x.at(targets).toFixed(1)},${y.at(median).toFixed(1)}`).join(" ");
  return [
    element("polyline", { points: path, class: `curve ${look}` }),
    ...curve.flatMap(({ targets, median, min, max }) => [
      line(x.at(targets), y.at(min), x.at(targets), y.at(max), { class: `range ${look}` }),
      dot(x.at(targets), y.at(median), `${count(targets)} targets: ${figure(median)}`, { class: look }),
    ]),
  ];
}

function describe({ title, points }) {
  const told = plots.map(({ title, of }) => {
    const medians = points.map(({ turns }) => figure(summary(turns.map(of)).median));
    return `${title}: ${medians.join(", ")}`;
  });
  return `Growth at ${title}, with ${points.map(({ targets }) => count(targets)).join(", ")} targets. ${told.join("; ")}.`;
}

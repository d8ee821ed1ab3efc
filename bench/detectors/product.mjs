import { join } from "node:path";
import { pathToFileURL } from "node:url";

const modules = [
  "prober/pacing",
  "analysis/pattern/loss-pattern",
  "analysis/pattern/onsets",
  "analysis/pattern/periodicity",
  "analysis/pattern/two-state",
  "analysis/trains/dispersion",
  "analysis/trains/runs-against-trains",
];

/** The functions under test, from a built program. @param {string} dist its folder */
export async function loadProduct(dist) {
  const loaded = await Promise.all(modules.map((name) => import(pathToFileURL(join(dist, "src", `${name}.js`)).href)));
  return Object.assign({}, ...loaded);
}

/** "0.4 %", or "-" of nothing. */
export function percent(hits, of) {
  return of === 0 ? "-" : `${((100 * hits) / of).toFixed(1)} %`;
}

/** A table in Markdown. @param {string[][]} rows the first is the heading */
export function markdown([heading, ...rows]) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(heading), line(heading.map(() => "---")), ...rows.map(line)].join("\n");
}

import { writeFileSync } from "node:fs";
import { chart } from "./chart/chart.mjs";

/** Writes the files that were asked for. @param {import("./parts.mjs").Results} results */
export function save(results, { json, chart: chartFile }) {
  if (json) writeFileSync(json, `${JSON.stringify(results, null, 2)}\n`);
  if (chartFile) writeFileSync(chartFile, chart(results));
}

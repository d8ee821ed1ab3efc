import { readFileSync } from "node:fs";
import { SetupError } from "../packaging/ensure.mjs";
import { heading, parts } from "./parts.mjs";
import { save } from "./save.mjs";
import { render } from "./table.mjs";

/**
 * Prints the tables of an earlier run, and draws its chart.
 * @throws {SetupError} where the file is not what --json wrote
 */
export function show({ from, chart }) {
  const results = read(from);
  const tables = Object.entries(results.parts).map(([name, data]) => render(parts[name].table(data, results.titles)));
  console.log([heading(results), ...tables].join("\n\n"));
  save(results, { chart });
}

function read(file) {
  try {
    const results = JSON.parse(readFileSync(file, "utf8"));
    if (results.about && results.titles && results.parts) return results;
  } catch (error) {
    throw new SetupError(`--from: ${error.message}`);
  }
  throw new SetupError(`--from: expected what --json wrote, found something else in ${file}`);
}

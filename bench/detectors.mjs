/** `npm run detectors`: the tables of docs/detectors.md, by the product's own functions on simulated paths. */
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ensureBuild, ensureDependencies, ensureNode, program } from "../packaging/ensure.mjs";
import { bursty, falsePeriods, power } from "./detectors/periods.mjs";
import { loadProduct } from "./detectors/product.mjs";
import { seeded } from "./detectors/random.mjs";
import { contention } from "./detectors/trains.mjs";
import { coverage } from "./detectors/two-state.mjs";

const tables = {
  "false-periods": ["A period where there is none", falsePeriods],
  power: ["Holes: period found / called bursty (mean number of onsets)", power],
  bursty: ["Called bursty, by trains of ten", bursty],
  contention: ["Runs against trains: loss significant / delay significant / not enough to tell by loss", contention],
  "two-state": ["Two-state model: what is chosen, and how often its 95 % intervals hold the truth", coverage],
};

const help = `npm run detectors -- [--runs N] [--only TABLE,...] [--seed N] [--dist FOLDER]

Simulates paths and prints how often each detector fires, as Markdown. Sends nothing.

  --runs N        simulated logs for each cell (200; 1000 take about an hour)
  --only TABLES   of ${Object.keys(tables).join(",")}
  --seed N        other draws (1)
  --dist FOLDER   another build's folder
`;

const { values } = parseArgs({
  options: {
    help: { type: "boolean", short: "h", default: false },
    runs: { type: "string", default: "200" },
    only: { type: "string", default: Object.keys(tables).join(",") },
    seed: { type: "string", default: "1" },
    dist: { type: "string" },
  },
});

if (values.help) {
  process.stdout.write(help);
} else {
  ensureNode();
  if (values.dist === undefined) {
    ensureDependencies();
    ensureBuild();
  }
  const product = await loadProduct(resolve(values.dist ?? resolve(dirname(program), "..")));
  for (const name of values.only.split(",")) {
    const [title, make] = tables[name] ?? [];
    if (make === undefined) throw new Error(`--only: expected ${Object.keys(tables).join(", ")}, found "${name}"`);
    console.log(`### ${title}\n\n${make(product, Number(values.runs), seeded(Number(values.seed)))}\n`);
  }
}

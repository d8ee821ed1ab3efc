/** The measuring itself, inside the namespace that run.mjs made. Prints one table. */
import { arch, cpus } from "node:os";
import { measureCpu } from "./cpu.mjs";
import { createWire, stopAll } from "./lab.mjs";
import { measureLoss } from "./loss.mjs";
import { measureMemory } from "./memory.mjs";
import { parseOptions } from "./options.mjs";
import { measureRtt } from "./rtt.mjs";
import { measureScrape } from "./scrape.mjs";
import { table } from "./table.mjs";

const measures = { cpu: measureCpu, loss: measureLoss, rtt: measureRtt, memory: measureMemory, scrape: measureScrape };

for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 })) {
  process.on(signal, () => {
    stopAll();
    process.exit(code);
  });
}
process.on("exit", stopAll);

const { only, program, quick } = parseOptions(process.argv.slice(2));
const wire = await createWire();
const rows = [];
for (const part of only) {
  console.error(`measuring ${part}`);
  rows.push(...(await measures[part]({ wire, program, quick })));
}
console.log(
  `Node.js ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? arch()}, median (range)\n\n${table(rows)}`,
);
process.exit(0);

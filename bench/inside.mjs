/** The measuring itself, inside the namespace that run.mjs made. Prints a table for each part as it is done. */
import { arch, cpus } from "node:os";
import { createWire, stopAll } from "./lab.mjs";
import { parseOptions } from "./options.mjs";
import { heading, parts } from "./parts.mjs";
import { findProbers } from "./probers.mjs";
import { save } from "./save.mjs";
import { render } from "./table.mjs";

for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 })) {
  process.on(signal, () => {
    stopAll();
    process.exit(code);
  });
}
process.on("exit", stopAll);

const { only, program, quick, ...files } = parseOptions(process.argv.slice(2));
const wire = await createWire();
const probers = findProbers(program);
const results = {
  about: { node: process.version, machine: `${cpus().length} x ${cpus()[0]?.model ?? arch()}`, quick },
  titles: Object.fromEntries(Object.entries(probers).map(([key, { title }]) => [key, title])),
  parts: {},
};

console.log(heading(results));
for (const name of only) {
  const progress = (what) => console.error(`[${elapsed()}] ${name}: ${what}`);
  results.parts[name] = await parts[name].measure({ wire, program, probers, quick, progress });
  console.log(`\n${render(parts[name].table(results.parts[name], results.titles))}`);
  // What was measured is kept, whatever becomes of the rest.
  save(results, files);
}
process.exit(0);

function elapsed() {
  const seconds = Math.floor(performance.now() / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

// node drop-counter.mjs BUILD: for each line on its standard input, prints what the drops collector of the built program says
// at that moment, one JSON object a line: {"samples": [[name, labels, value], …]} or {"error": [name, message]}.
import { createInterface } from "node:readline";

const [build] = process.argv.slice(2);
const { createLinuxHost } = await import(`${build}/src/kernel/linux.js`);
const { drops } = await import(`${build}/src/collectors/drops/index.js`);

const source = drops.open(createLinuxHost(), { locations: true });
for await (const _ of createInterface({ input: process.stdin })) {
  try {
    const samples = await source.read(new AbortController().signal, () => undefined);
    console.log(JSON.stringify({ samples: samples.map(({ metric, labels, value }) => [metric.name, labels, value]) }));
  } catch (error) {
    console.log(JSON.stringify({ error: [error.name, error.message] }));
  }
}
source.close();
process.exit(0);

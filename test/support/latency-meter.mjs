// node latency-meter.mjs BUILD: for each line on its standard input, prints what the latency collector of the built program
// says at that moment, one JSON array of [name, labels, value or counts, sum] a line.
import { createInterface } from "node:readline";

const [build] = process.argv.slice(2);
const { createLinuxHost } = await import(`${build}/src/kernel/linux.js`);
const { latency } = await import(`${build}/src/collectors/latency/index.js`);

const source = latency.open(createLinuxHost(), { softirq: true, scheduling: true, polls: true });
for await (const _ of createInterface({ input: process.stdin })) {
  const samples = await source.read(new AbortController().signal, () => undefined);
  console.log(JSON.stringify(samples.map((s) => [s.metric.name, s.labels, s.value ?? s.counts, s.sum])));
}
source.close();
process.exit(0);

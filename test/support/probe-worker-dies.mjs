/** Ends the engine's worker under a run of /probe, built. argv[2]: the build's src. Prints the answers, before and after, as JSON. */
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";

const build = process.argv[2];
const load = (file) => import(`file://${build}/${file}`);
const { createProbeEngine } = await load("prober/engine.js");
const { createProbeEndpoint } = await load("probe-endpoint/endpoint.js");
const { probeEndpointSchema } = await load("config/probe-endpoint-schema.js");
const { defaultThresholds } = await load("analysis/thresholds.js");
const { thisMachine } = await load("prober/resolve/machine.js");

let worker;
const engine = createProbeEngine({
  receiveBufferBytes: 1 << 20,
  onDone: (slot) => probes.engineEvents.done(slot),
  onWorkerDied: () => probes.engineEvents.workerDied(),
  spawn(start) {
    worker = new Worker(`${build}/prober/worker.js`, { workerData: start });
    return worker;
  },
});
const config = probeEndpointSchema.parse({ allow: ["127.0.0.0/8"], modules: { icmp: { count: 50, rate: 100 } } });
const probes = createProbeEndpoint({
  engine,
  machine: thisMachine(),
  config: () => config,
  thresholds: () => defaultThresholds,
  pathsPerSecond: () => 0,
  vmUuid: () => "",
  monotonicNanos: () => 0,
});
const ask = () =>
  probes.answer({ url: "/probe?target=127.0.0.1", scrapeTimeout: "5", signal: new AbortController().signal });

const dying = ask();
await sleep(200);
await worker.terminate();
const during = await dying;
await sleep(700);
const after = await ask();
await engine.stop();
console.log(JSON.stringify([during, { status: after.status }]));

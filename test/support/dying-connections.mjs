// Ends the built engine's worker while SYNs to a target that drops them are in flight. Prints how many descriptors the process
// had before the first probe, while they were in flight, and after the worker's death, as JSON.
import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";

const [engineModule, address] = process.argv.slice(2);
const beside = (file) => new URL(file, `file://${engineModule}`);
const { createProbeEngine } = await import(engineModule);

const descriptors = () => readdirSync("/proc/self/fd").length;
let worker;
const engine = createProbeEngine({
  receiveBufferBytes: 16 << 20,
  spawn(start) {
    worker = new Worker(beside("./worker.js"), { workerData: start });
    return worker;
  },
});
const slot = engine.add({
  address: null,
  protocol: "tcp",
  port: 7000,
  sizes: ["none"],
  ratePerSecond: 1000,
  timeoutSeconds: 1,
});
await sleep(500);
const before = descriptors();
engine.setAddress(slot, { family: 4, address, zoneIndex: 0 });
await sleep(700);
const inFlight = descriptors();
engine.setAddress(slot, null);
await worker.terminate();
await sleep(1000);
const after = descriptors();
process.stdout.write(JSON.stringify({ before, inFlight, after, restarts: engine.restarts }));
await engine.stop();

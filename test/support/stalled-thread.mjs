// Sleeps in a worker thread as the engine does and asks the built witness what each stall was caused by.
// Prints a line once it looks on, and as JSON when its standard input ends: seconds of stalls by cause, and its costs.
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

const PERIOD_MS = 10;
const STALL_MS = 5;
const SWEEP_MS = 1000;
const WARM_SWEEPS = 2;

if (isMainThread) {
  const [stallModules] = process.argv.slice(2);
  const ended = new SharedArrayBuffer(4);
  const worker = new Worker(new URL(import.meta.url), { workerData: { stallModules, ended } });
  worker.once("message", () => process.stdout.write("watching\n"));
  process.stdin.resume().once("end", () => {
    worker.once("message", (told) => process.stdout.write(`${JSON.stringify(told)}\n`, () => process.exit()));
    Atomics.store(new Int32Array(ended), 0, 1);
  });
} else {
  const { createStallMachine } = await import(`${workerData.stallModules}/machine.js`);
  const { createStallWitness } = await import(`${workerData.stallModules}/witness.js`);
  const machine = createStallMachine();
  const witness = createStallWitness(machine);
  const ended = new Int32Array(workerData.ended);
  const nap = new Int32Array(new SharedArrayBuffer(4));
  const stalls = [];
  let sweepMicros = 0;
  let sweeps = 0;
  let swept = Number.NEGATIVE_INFINITY;
  parentPort.postMessage("watching");
  const began = performance.now();
  while (Atomics.load(ended, 0) === 0) {
    const planned = performance.now() + PERIOD_MS;
    Atomics.wait(nap, 0, 0, PERIOD_MS);
    const now = performance.now();
    if (now - planned > STALL_MS) {
      const cause = witness.causeOf(planned * 1e6, now * 1e6);
      stalls.push({ atMs: Math.round(planned - began), cause, ms: now - planned });
    }
    if (now - swept > SWEEP_MS) {
      swept = now;
      const before = machine.threadCpuNanos();
      witness.sweep(now * 1e6);
      // What runs for the first time is compiled, and the files are opened.
      if (sweeps++ >= WARM_SWEEPS) sweepMicros += (machine.threadCpuNanos() - before) / 1000;
    }
  }
  const seconds = {};
  for (const { cause, ms } of stalls) seconds[cause] = (seconds[cause] ?? 0) + ms / 1000;
  parentPort.postMessage({
    seconds,
    stalls,
    sweepMicrosPerSecond: (sweepMicros / (sweeps - WARM_SWEEPS)) * (1000 / SWEEP_MS),
  });
}

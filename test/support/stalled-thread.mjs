// Sleeps in a worker thread as the engine does and asks the built witness what each stall was caused by.
// Prints a line once it looks on, and as JSON when its standard input ends: seconds of stalls by cause, and its costs.
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

const PERIOD_MS = 10;
const STALL_MS = 5;
const SWEEP_MS = 100;

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
  const witness = createStallWitness(createStallMachine());
  const ended = new Int32Array(workerData.ended);
  const nap = new Int32Array(new SharedArrayBuffer(4));
  const stalls = [];
  const cpu = { sweeps: 0, sweepMs: 0, askedMs: 0 };
  const timed = (action) => {
    const from = performance.now();
    return [action(), performance.now() - from];
  };
  let swept = 0;
  parentPort.postMessage("watching");
  const began = performance.now();
  while (Atomics.load(ended, 0) === 0) {
    const planned = performance.now() + PERIOD_MS;
    Atomics.wait(nap, 0, 0, PERIOD_MS);
    const now = performance.now();
    if (now - planned > STALL_MS) {
      const [cause, ms] = timed(() => witness.causeOf(planned * 1e6, now * 1e6));
      cpu.askedMs += ms;
      stalls.push({ atMs: Math.round(planned - began), cause, ms: now - planned });
    }
    if (now - swept > SWEEP_MS) {
      swept = now;
      const [, ms] = timed(() => witness.sweep(now * 1e6));
      cpu.sweeps++;
      cpu.sweepMs += ms;
    }
  }
  const seconds = {};
  for (const { cause, ms } of stalls) seconds[cause] = (seconds[cause] ?? 0) + ms / 1000;
  const elapsed = (performance.now() - began) / 1000;
  parentPort.postMessage({ seconds, stalls, sweepMicrosPerSecond: (cpu.sweepMs * 1000) / elapsed, elapsed, ...cpu });
}

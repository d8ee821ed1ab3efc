import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { createKernelClock } from "../kernel/ffi/clock.ts";
import { holdStampingOn } from "../kernel/ffi/stamping.ts";
import type { WorkerCommand, WorkerEvent, WorkerStart } from "./commands.ts";
import { ProbeLoop } from "./probe-loop.ts";
import { createStallMachine } from "./stall/machine.ts";
import { createStallWitness } from "./stall/witness.ts";

/**
 * The worker thread: rounds without end, asleep between them in Atomics.wait, so that no event loop is involved.
 * A command wakes it early.
 */
function run(port: NonNullable<typeof parentPort>, start: WorkerStart): void {
  const wake = new Int32Array(start.wake);
  const loop = new ProbeLoop({
    clock: createKernelClock(),
    shared: start,
    receiveBufferBytes: start.receiveBufferBytes,
    random: Math.random,
    witness: createStallWitness(createStallMachine()),
    emit: (event) => port.postMessage(event),
  });
  const opened: WorkerEvent = { type: "opened", fd: holdStampingOn() };
  port.postMessage(opened);
  for (let seen = -1; ; ) {
    const signalled = Atomics.load(wake, 0);
    if (signalled !== seen) {
      seen = signalled;
      for (let m = receiveMessageOnPort(port); m; m = receiveMessageOnPort(port)) {
        const command: WorkerCommand = m.message;
        if (command.type === "stop") {
          port.close();
          return;
        }
        loop.apply(command);
      }
    }
    Atomics.wait(wake, 0, seen, loop.round());
  }
}

if (parentPort) run(parentPort, workerData as WorkerStart);

/** Loaded before a program (node --import): its main thread is busy 200 ms of every 400, its workers are left alone. */
import { isMainThread } from "node:worker_threads";

const BUSY_MILLIS = 200;

if (isMainThread) {
  const busy = setInterval(() => {
    const from = performance.now();
    while (performance.now() - from < BUSY_MILLIS);
  }, 2 * BUSY_MILLIS);
  // The program ends when its own work is done.
  busy.unref();
}

import { Worker } from "node:worker_threads";
import { deepFreeze } from "./freeze.ts";
import { ConfigError } from "./issues.ts";
import type { ConfigOverrides } from "./overrides.ts";
import type { ConfigReading } from "./read.ts";
import type { ReadOrder, ReadOutcome } from "./worker.ts";

function spawnWorker(order: ReadOrder): Worker {
  return new Worker(new URL("./worker.js", import.meta.url), { workerData: order, name: "virtloss-config" });
}

/**
 * Reads in a thread of its own, which then ends: what checks a configuration takes megabytes that a running exporter has no
 * other use for. The configuration is a copy, as frozen as the original.
 * @param spawn how the thread is started; tests hold on to it
 * @throws ConfigError with everything that is wrong
 */
export function readConfigApart(
  file: string | undefined,
  overrides: ConfigOverrides | undefined,
  spawn: (order: ReadOrder) => Worker = spawnWorker,
): Promise<ConfigReading> {
  return new Promise((resolve, reject) => {
    const worker = spawn({ file, overrides });
    worker.once("message", (outcome: ReadOutcome) => {
      if ("issues" in outcome) reject(new ConfigError(outcome.issues));
      else resolve(deepFreeze(outcome));
    });
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("the thread that reads the configuration ended without an answer")));
  });
}

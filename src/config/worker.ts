import { parentPort, workerData } from "node:worker_threads";
import { ConfigError, type ConfigIssue } from "./issues.ts";
import type { ConfigOverrides } from "./overrides.ts";
import { type ConfigReading, readConfig } from "./read.ts";

/** What the thread is started with. */
export interface ReadOrder {
  readonly file: string | undefined;
  readonly overrides: ConfigOverrides | undefined;
}

/** What it says before it ends. An error would lose its class on the way, and with it its issues. */
export type ReadOutcome = ConfigReading | { readonly issues: readonly ConfigIssue[] };

async function read({ file, overrides }: ReadOrder): Promise<ReadOutcome> {
  try {
    return await readConfig(file, overrides);
  } catch (error) {
    if (error instanceof ConfigError) return { issues: error.issues };
    throw error;
  }
}

parentPort?.postMessage(await read(workerData));

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { StallCause } from "../../src/prober/stall/attribute.ts";
import { builtModule } from "./lab.ts";

const script = fileURLToPath(new URL("stalled-thread.mjs", import.meta.url));

/** What a watched thread told when it ended. */
export interface StallReport {
  /** Of stalls, by cause. */
  readonly seconds: Readonly<Partial<Record<StallCause, number>>>;
  readonly stalls: readonly { readonly atMs: number; readonly ms: number; readonly cause: StallCause }[];
  /** CPU time of looking around, in microseconds for each second. */
  readonly sweepMicrosPerSecond: number;
}

/** A thread that sleeps as the engine does and asks the built witness about each stall. */
export interface WatchedThread {
  readonly child: ChildProcess;
  end(): Promise<StallReport>;
}

/** @param prefix command that it runs under; it must become the program by exec */
export async function watchThread(prefix: readonly string[] = []): Promise<WatchedThread> {
  const [file = "", ...args] = [...prefix, process.execPath, script, builtModule("src/prober/stall")];
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  let told = "";
  child.stdout.on("data", (data: Buffer) => {
    told += data;
  });
  const ended = once(child, "close");
  await Promise.race([once(child.stdout, "data"), ended.then(([code]) => Promise.reject(new Error(`exit ${code}`)))]);
  return {
    child,
    async end() {
      child.stdin.end();
      await ended;
      return JSON.parse(told.split("\n")[1] ?? "") as StallReport;
    },
  };
}

/** Seconds of all stalls that it saw. */
export function stalledSeconds({ seconds }: StallReport): number {
  return Object.values(seconds).reduce((total, value) => total + value, 0);
}

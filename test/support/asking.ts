import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { builtModule } from "./lab.ts";

/** A script of this folder. */
export const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** A script that answers each line with one of JSON, until it is killed. */
export interface Asked<T> {
  readonly pid: number;
  ask(): Promise<T>;
  kill(): Promise<void>;
}

/** Starts a script of this folder that reads modules of the built program. @param prefix command that it runs under */
export function startAsked<T>(name: string, prefix: readonly string[] = []): Asked<T> {
  const build = dirname(dirname(builtModule("src/main.js")));
  const [file = "", ...args] = [...prefix, process.execPath, script(name), build];
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    pid: child.pid as number,
    async ask() {
      child.stdin.write("\n");
      return JSON.parse((await lines.next()).value) as T;
    },
    async kill() {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}

import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProbeResult } from "../../src/report/probe-result.ts";
import { type Finished, type Namespace, program } from "./lab.ts";

/** Runs `virtloss probe --json` in a namespace to its end. */
export async function probe(where: Namespace, ...args: string[]): Promise<ProbeResult & { exitCode: number }> {
  const finished = await where.run(process.execPath, program, "probe", ...args, "--json");
  return parse(finished);
}

function parse({ code, stdout, stderr }: Finished): ProbeResult & { exitCode: number } {
  if (stdout === "") throw new Error(`probe printed nothing: exit ${code}\n${stderr}`);
  return { ...(JSON.parse(stdout) as ProbeResult), exitCode: code };
}

export interface RunningProbe {
  readonly child: ChildProcess;
  readonly result: Promise<ProbeResult & { exitCode: number }>;
}

/** The same, to be disturbed while it runs. */
export function startProbe(where: Namespace, ...args: string[]): RunningProbe {
  const child = where.spawn([process.execPath, program, "probe", ...args, "--json"]);
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (data: Buffer) => {
    stdout += data;
  });
  child.stderr?.on("data", (data: Buffer) => {
    stderr += data;
  });
  const result = new Promise<ProbeResult & { exitCode: number }>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      try {
        resolve(parse({ code: code ?? -1, stdout, stderr }));
      } catch (error) {
        reject(error);
      }
    });
  });
  return { child, result };
}

/** Stops a process for a while. The kernel does not run it at all meanwhile. */
export async function freeze(child: ChildProcess, milliseconds: number): Promise<void> {
  child.kill("SIGSTOP");
  await sleep(milliseconds);
  child.kill("SIGCONT");
}

/** What always holds of a finished run: each attempt has exactly one verdict. */
export function expectBooksToBalance(result: ProbeResult): void {
  expect(result.received + result.lost + result.void).toBe(result.sent);
}

import { execFile } from "node:child_process";
import { SourceAbsentError } from "./host.ts";

/** Of what a program that failed says: enough for its first sentence. */
const COMPLAINT_LENGTH = 200;

/**
 * Runs a program to its end; `Host.run` says what comes out.
 * @param maxBytes of output; a program that writes more is killed, and has failed
 */
export function runProgram(
  program: string,
  args: readonly string[],
  signal: AbortSignal,
  maxBytes: number,
): Promise<string> {
  // With its own language a program's numbers and messages differ; with our NODE_OPTIONS another Node would not start.
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const env = { ...inherited, LC_ALL: "C" };
  return new Promise((resolve, reject) => {
    execFile(program, args, { env, signal, killSignal: "SIGKILL", maxBuffer: maxBytes }, (error, stdout, stderr) => {
      if (!error) resolve(stdout);
      else if (error.code === "ENOENT") reject(new SourceAbsentError(`${program} is not installed`));
      else {
        const complaint = stderr.trim().slice(0, COMPLAINT_LENGTH) || error.message;
        reject(new Error(`${[program, ...args].join(" ")}: ${complaint}`));
      }
    });
  });
}

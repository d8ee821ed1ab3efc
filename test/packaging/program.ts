import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";

export interface Running {
  readonly child: ChildProcess;
  /** What it has written so far, both streams. */
  output(): string;
  /** @returns exit code, or the signal's name */
  ended(): Promise<number | string>;
}

/** Starts a program in a process group of its own, so that all it started can be ended with it. */
export function start(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Running {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"], detached: true });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      text += chunk;
    });
  }
  const closed = once(child, "close");
  return {
    child,
    output: () => text,
    ended: async () => {
      const [code, signal] = await closed;
      return code ?? signal;
    },
  };
}

/** Ends a program and whatever it started, at once. */
export async function endAll({ child, ended }: Running): Promise<void> {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== "ESRCH") throw err;
  }
  await ended();
}

/** A port of loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("expected a port");
  return address.port;
}

/** Asks until the answer is a good one. @throws Error with what the program wrote, where it ended or took too long */
export async function answers(url: string, running: Running, timeoutMilliseconds: number): Promise<Response> {
  const deadline = performance.now() + timeoutMilliseconds;
  while (performance.now() < deadline && running.child.exitCode === null) {
    const res = await fetch(url).catch(() => undefined);
    if (res?.ok) return res;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${url} gave no good answer; the program wrote:\n${running.output()}`);
}

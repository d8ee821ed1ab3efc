import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Namespace } from "./lab.ts";

/** Where the responder answers; the namespace itself is 10.99.0.1 and fd99::1. */
export const RESPONDER = "10.99.0.2";
export const RESPONDER6 = "fd99::2";

export interface Orders {
  /** Holds each reply back. */
  readonly delayMs?: number;
  /** Eight near misses of a reply before each. */
  readonly garbage?: boolean;
  /** How often each reply is sent. */
  readonly copies?: number;
  /** Of two requests, the second is answered first. */
  readonly swap?: boolean;
  /** Requests that are answered at all. */
  readonly limit?: number;
}

/** Answers echo requests over a tun device whose other end the test holds. */
export interface Responder {
  /** Ends it. @returns what it counted itself */
  end(): Promise<{ readonly requests: number; readonly replies: number }>;
}

/** @param prefix command that it runs under */
export async function startResponder(
  where: Namespace,
  orders: Orders,
  prefix: readonly string[] = [],
): Promise<Responder> {
  const script = fileURLToPath(new URL("tun-responder.mjs", import.meta.url));
  const [file, args] = where.command(...prefix, process.execPath, script, "tun0");
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  await once(child.stdout, "data");
  await where.sh("ip address add 10.99.0.1/24 dev tun0; ip address add fd99::1/64 dev tun0 nodad; ip link set tun0 up");
  child.stdin.write(`${JSON.stringify(orders)}\n`);
  return {
    async end() {
      const told = once(child.stdout, "data");
      child.stdin.end();
      const counts = JSON.parse(String((await told)[0]));
      // Its thread that reads the device would keep it from exiting.
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
      return counts;
    },
  };
}

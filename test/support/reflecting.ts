import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { builtModule, type Namespace, program, run } from "./lab.ts";

/** A `virtloss reflect` that runs. */
export interface Reflecting {
  /** Its first line: where it listens and for whom. */
  readonly welcome: string;
  readonly pid: number;
  /** Resident memory now, in bytes. */
  residentBytes(): Promise<number>;
  /** SIGTERM. @returns exit code and the counts of its last line */
  stop(): Promise<{ readonly code: number; readonly counts: Counts }>;
}

export interface Counts {
  readonly replies: number;
  readonly stateless: number;
  readonly sessions: number;
  /** All, and by reason. */
  readonly rejected: number;
  readonly reasons: Readonly<Record<string, number>>;
  readonly socketDrops: number;
  readonly sendErrors: number;
}

export async function startReflect(where: Namespace, args: readonly string[]): Promise<Reflecting> {
  const child = where.spawn([process.execPath, program, "reflect", ...args]);
  const output = { stderr: "" };
  child.stderr?.on("data", (data: Buffer) => {
    output.stderr += data;
  });
  const exited = once(child, "close");
  const welcome = await firstLine(child);
  if (welcome === undefined) throw new Error(`virtloss reflect ended: ${output.stderr}`);
  return {
    welcome,
    pid: child.pid ?? 0,
    async residentBytes() {
      const { stdout } = await run("grep", ["VmRSS", `/proc/${child.pid}/status`]);
      return Number(/\d+/.exec(stdout)?.[0]) * 1024;
    },
    async stop() {
      child.kill("SIGTERM");
      const [code] = (await exited) as [number];
      return { code, counts: parseCounts(output.stderr.trimEnd().split("\n").at(-1) ?? "") };
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string | undefined> {
  if (!child.stdout) return undefined;
  for await (const line of createInterface({ input: child.stdout })) return line;
  return undefined;
}

export function parseCounts(line: string): Counts {
  const { groups } =
    /^replies (?<replies>\d+) \(stateless (?<stateless>\d+)\), sessions (?<sessions>\d+), rejected (?<rejected>\d+)(?: \((?<reasons>.*)\))?, dropped at our socket (?<socketDrops>\d+), send errors (?<sendErrors>\d+)$/.exec(
      line,
    ) ?? {};
  if (!groups) throw new Error(`no line of counts: ${line}`);
  const { reasons = "", ...numbers } = groups;
  const counts = Object.fromEntries(Object.entries(numbers).map(([key, digits]) => [key, Number(digits)]));
  const byReason = [...reasons.matchAll(/(\w+) (\d+)/g)].map(([, reason, count]) => [reason, Number(count)]);
  return { ...(counts as unknown as Omit<Counts, "reasons">), reasons: Object.fromEntries(byReason) };
}

export interface Datagram {
  readonly from: string;
  readonly port: number;
  readonly bytes: Buffer;
}

/** A UDP socket in a namespace. */
export interface Peer {
  send(to: string, port: number, bytes: Uint8Array): void;
  /** The next datagrams that arrive, as many as asked for, or those that came within the time. */
  receive(count: number, seconds?: number): Promise<Datagram[]>;
  end(): Promise<void>;
}

export async function startPeer(where: Namespace, address: string, port: number): Promise<Peer> {
  const script = fileURLToPath(new URL("datagrams.mjs", import.meta.url));
  const [file, args] = where.command(process.execPath, script, address, String(port));
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  const arrived: Datagram[] = [];
  let notice = (): void => undefined;
  const ready = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line === "ready") return resolve();
      const { from, port, hex } = JSON.parse(line) as { from: string; port: number; hex: string };
      arrived.push({ from, port, bytes: Buffer.from(hex, "hex") });
      notice();
    });
  });
  await ready;
  return {
    send(to, toPort, bytes) {
      child.stdin.write(`${JSON.stringify({ to, port: toPort, hex: Buffer.from(bytes).toString("hex") })}\n`);
    },
    async receive(count, seconds = 5) {
      const until = performance.now() + seconds * 1000;
      while (arrived.length < count && performance.now() < until) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, Math.max(1, until - performance.now()));
          notice = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      return arrived.splice(0, count);
    },
    async end() {
      const closed = once(child, "close");
      child.stdin.end();
      await closed;
    },
  };
}

export interface Forgery {
  /** The first of `sources` addresses in a row. */
  readonly from: string;
  readonly sources: number;
  readonly fromPort: number;
  readonly to: string;
  readonly port: number;
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly perSecond: number;
}

/** Sends datagrams over IPv4 whose source addresses are made up. @returns how many, and how long it took */
export async function forge(
  where: Namespace,
  { bytes, ...forgery }: Forgery,
): Promise<{ sent: number; seconds: number }> {
  const script = fileURLToPath(new URL("forged-datagrams.mjs", import.meta.url));
  const [file, args] = where.command(process.execPath, script, builtModule("src/kernel/ffi"));
  const input = JSON.stringify({ ...forgery, hex: Buffer.from(bytes).toString("hex") });
  const { code, stdout, stderr } = await run(file, args, { input });
  if (code !== 0) throw new Error(`forging datagrams: exit ${code}\n${stderr}`);
  return JSON.parse(stdout) as { sent: number; seconds: number };
}

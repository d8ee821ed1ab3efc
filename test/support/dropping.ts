import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { script, startAsked } from "./asking.ts";
import type { Namespace } from "./lab.ts";

/** What the collector of the built program says, in a process with the privileges that `prefix` leaves it. */
export interface DropCounter {
  readonly pid: number;
  /** Drops by reason so far. */
  read(): Promise<ReadonlyMap<string, number>>;
  /** Drops that a function of the kernel did so far, for this reason. */
  readIn(kernelFunction: string, reason: string): Promise<number>;
  /** How it counts, or the error that it gives instead. */
  state(): Promise<string>;
  kill(): Promise<void>;
}

interface Answer {
  readonly samples?: readonly (readonly [string, Readonly<Record<string, string>>, number])[];
  readonly error?: readonly [string, string];
}

export function startDropCounter(...prefix: string[]): DropCounter {
  const { pid, ask, kill } = startAsked<Answer>("drop-counter.mjs", prefix);
  return {
    pid,
    kill,
    async read() {
      const { samples = [] } = await ask();
      const drops = samples.filter(([name]) => name === "virtloss_kernel_drops_total");
      return new Map(drops.map(([, { reason = "" }, value]) => [reason, value]));
    },
    async readIn(kernelFunction, reason) {
      const { samples = [] } = await ask();
      const located = samples.filter(([name]) => name === "virtloss_kernel_drop_locations_total");
      return (
        located.find(([, labels]) => labels["function"] === kernelFunction && labels["reason"] === reason)?.[2] ?? 0
      );
    },
    async state() {
      const { samples = [], error } = await ask();
      return error?.join(": ") ?? samples.find(([name]) => name.endsWith("_info"))?.[1]["method"] ?? "no samples";
    },
  };
}

/** Sends so many UDP datagrams from a namespace as fast as it can. */
export async function flood(from: Namespace, address: string, port: number, count: number): Promise<void> {
  await from.sh(`${process.execPath} ${script("flood.mjs")} ${address} ${port} ${count}`);
}

const started: ChildProcess[] = [];
// A test that fails before it has ended its program would keep all others waiting.
afterAll(() => {
  for (const child of started) child.kill("SIGKILL");
});

/** Starts a program that says when it is ready; it ends with the file's tests at the latest. */
export async function startReady(from: Namespace, ...command: string[]): Promise<ChildProcess> {
  const [file, args] = from.command(...command);
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  started.push(child);
  await once(child.stdout, "data");
  return child;
}

/** Two counts of the same drops. */
export interface Counted {
  readonly ours: number;
  readonly theirs: number;
}

const ATTEMPTS = 5;

/**
 * Drops are counted on the whole machine, and others drop packets as well: ours is never less, and equal as soon as nobody
 * disturbs. @returns the attempt that was equal
 */
export async function expectEqual(attempt: () => Promise<Counted>): Promise<Counted> {
  const tries: Counted[] = [];
  while (tries.length < ATTEMPTS) {
    const counted = await attempt();
    tries.push(counted);
    expect(counted.ours).toBeGreaterThanOrEqual(counted.theirs);
    if (counted.ours === counted.theirs) return counted;
    await sleep(200);
  }
  throw new Error(`expected both counts equal once in ${ATTEMPTS} times, found ${JSON.stringify(tries)}`);
}

import type { StallMachine, WatchedFile } from "./machine.ts";
import { cpuCgroups, parseThrottledNanos } from "./parse.ts";

/** Throttled time of our cgroup and of each one above it. */
export interface Throttling {
  /** The same files as long as the same cgroup is ours. */
  readonly files: readonly WatchedFile[];
  readonly nanos: readonly number[];
}

/** @returns what reads it; undefined while our cgroup has no cpu controller */
export function createThrottlingReader(machine: StallMachine): () => Throttling | undefined {
  const membership = machine.open("/proc/thread-self/cgroup");
  let known: string | undefined;
  let files: readonly WatchedFile[] = [];

  /** A running process can be moved to another cgroup. */
  function follow(): void {
    const now = membership?.read();
    if (now === undefined || now === known) return;
    known = now;
    for (const file of files) file.close();
    const mounts = machine.open("/proc/thread-self/mountinfo");
    files = cpuCgroups(now, mounts?.read() ?? "").flatMap((directory) => machine.open(`${directory}/cpu.stat`) ?? []);
    mounts?.close();
  }

  return () => {
    follow();
    if (files.length === 0) return undefined;
    return { files, nanos: files.map((file) => parseThrottledNanos(file.read() ?? "") ?? Number.NaN) };
  };
}

/** The level that was throttled most: one that is throttled stops all below it, so their times are not to be added. */
export function throttledRise(before: Throttling, after: Throttling): number | undefined {
  if (before.files !== after.files) return undefined;
  const rises = after.nanos.map((nanos, i) => nanos - (before.nanos[i] ?? Number.NaN)).filter((rise) => rise >= 0);
  return rises.length === 0 ? undefined : Math.max(...rises);
}

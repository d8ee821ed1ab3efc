import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Namespace } from "./lab.ts";

const PERIOD_MICROS = 100_000;
const V2 = "/sys/fs/cgroup";
const V1 = ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"];

/** The CPU that tests crowd; the others are left to the rest of the machine. */
export const crowdedCpu = String(availableParallelism() - 1);

/** A cgroup of the test's own whose CPU time can be limited. */
export interface CpuGroup {
  /** Command that a process runs under to be born inside. */
  readonly prefix: readonly string[];
  /** CPU time that all its tasks may use together, in milliseconds of each 100. */
  limit(milliseconds: number): void;
  /** Times that its tasks were stopped for having used it up. */
  timesThrottled(): number;
  /** Only where all its processes have ended. */
  remove(): void;
}

/** @throws Error where this machine has no cgroup with a cpu controller, or we may not make one */
export function createCpuGroup(label: string): CpuGroup {
  const version1 = V1.find(
    (directory) => existsSync(join(directory, "cpu.cfs_quota_us")) || existsSync(join(directory, "cpu.stat")),
  );
  const directory = join(version1 ?? V2, `vl-${process.pid}-${label}`);
  if (!version1) writeFileSync(join(V2, "cgroup.subtree_control"), "+cpu");
  mkdirSync(directory);
  const file = (name: string) => join(directory, name);
  return {
    prefix: ["sh", "-c", 'echo $$ > "$0" && exec "$@"', file("cgroup.procs")],
    limit(milliseconds) {
      const micros = milliseconds * 1000;
      if (version1) {
        writeFileSync(file("cpu.cfs_period_us"), String(PERIOD_MICROS));
        writeFileSync(file("cpu.cfs_quota_us"), String(micros));
      } else writeFileSync(file("cpu.max"), `${micros} ${PERIOD_MICROS}`);
    },
    timesThrottled: () => Number(/^nr_throttled (\d+)$/m.exec(readFileSync(file("cpu.stat"), "utf8"))?.[1]),
    remove: () => rmdirSync(directory),
  };
}

/** A process that only uses CPU time. */
export interface Hog {
  end(): Promise<void>;
}

/**
 * Starts one, and waits until it works. It ends by itself after 15 s.
 * @param busyMs it works for so long, then sleeps for so long, and so on
 * @param prefix command that it runs under
 */
export async function startHog(busyMs: number, sleepMs: number, prefix: readonly string[] = []): Promise<Hog> {
  const script = `
    const nap = new Int32Array(new SharedArrayBuffer(4));
    process.stdout.write("working");
    for (const began = Date.now(); Date.now() - began < 15000; Atomics.wait(nap, 0, 0, ${sleepMs})) {
      for (const from = performance.now(); performance.now() - from < ${busyMs}; );
    }`;
  const [file = "", ...args] = [...prefix, process.execPath, "-e", script];
  const child: ChildProcess = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "close");
  const working = child.stdout && once(child.stdout, "data");
  await Promise.race([working, ended.then(([code]) => Promise.reject(new Error(`${file}: exit ${code}`)))]);
  return {
    async end() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** The same namespace, where commands that are spawned run under another one. */
export function under(prefix: readonly string[], where: Namespace): Namespace {
  return { ...where, spawn: (args) => where.spawn([...prefix, ...args]) };
}

/**
 * Runs on the crowded CPU alone, ahead of all ordinary tasks, at a priority of 1 to 99. Threads of one program take turns:
 * first in, first out, one of Node's that spins until another is done would spin for ever.
 */
export function atRealTime(priority: number): readonly string[] {
  return ["chrt", "--rr", String(priority), ...onCrowdedCpu];
}

export const onCrowdedCpu: readonly string[] = ["taskset", "--cpu-list", crowdedCpu];

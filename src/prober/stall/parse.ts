/** Times of one thread that the kernel's scheduler kept (Documentation/scheduler/sched-stats.rst, /proc/PID/schedstat). */
export interface TaskSchedule {
  /** Runnable, but not run: another task had the CPU, the cgroup's quota was used up, or the CPU itself was taken away. */
  readonly waitedNanos: number;
  /** Times that it was put on a CPU. */
  readonly runs: number;
}

/** @returns undefined where the text is none of `schedstat`: some kernels print zeros or nothing */
export function parseSchedule(text: string): TaskSchedule | undefined {
  const [ran, waited, runs] = text.trim().split(" ").map(Number);
  if (!isCount(ran) || !isCount(waited) || !isCount(runs)) return undefined;
  return { waitedNanos: waited, runs };
}

/**
 * How long the quota of a cgroup kept its tasks from running, from its `cpu.stat`: version 1 counts nanoseconds, version 2
 * microseconds. Each CPU's time is added up, so that it can rise faster than the clock.
 * @returns undefined where no quota can be set at this level: the root of version 2, or without the cpu controller
 */
export function parseThrottledNanos(text: string): number | undefined {
  const [, name, digits] = /^(throttled_time|throttled_usec) (\d+)$/m.exec(text) ?? [];
  return name === undefined ? undefined : Number(digits) * (name === "throttled_usec" ? 1e3 : 1);
}

/** Ticks of /proc/stat are hundredths of a second on every architecture (USER_HZ). */
export const STEAL_TICK_NANOS = 1e7;
const STEAL_COLUMN = 8;

/**
 * How long the hypervisor ran something else while this CPU had work, from /proc/stat (proc(5)); shown in whole ticks.
 * @returns undefined where the CPU is not in the text, or its row is too short
 */
export function parseStealNanos(text: string, cpu: number): number | undefined {
  const at = text.indexOf(`\ncpu${cpu} `);
  if (at < 0) return undefined;
  const end = text.indexOf("\n", at + 1);
  if (end < 0) return undefined; // cut off: its last number may be as well
  const ticks = Number(text.slice(at + 1, end).split(" ")[STEAL_COLUMN] ?? Number.NaN);
  return isCount(ticks) ? ticks * STEAL_TICK_NANOS : undefined;
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value) && value >= 0;
}

interface Mount {
  /** The directory of the hierarchy that is mounted: containers often see their own cgroup here. */
  readonly root: string;
  readonly point: string;
  readonly type: string;
  readonly options: readonly string[];
}

/**
 * Where a task's CPU quota shows: the directories of its own cgroup and of those above it that this machine lets us see.
 * @param membership /proc/PID/cgroup, `mounts` /proc/PID/mountinfo
 * @returns absolute paths, the task's own first; empty without a hierarchy that has the cpu controller
 */
export function cpuCgroups(membership: string, mounts: string): string[] {
  const all = mounts.split("\n").flatMap(parseMount);
  const rows = membership.split("\n").map((line) => /^\d+:([^:]*):(\/.*)$/.exec(line));
  const v1 = rows.find((row) => row?.[1]?.split(",").includes("cpu"))?.[2];
  const v2 = rows.find((row) => row?.[1] === "")?.[2];
  const candidates =
    v1 === undefined
      ? all.filter(({ type }) => type === "cgroup2")
      : all.filter(({ type, options }) => type === "cgroup" && options.includes("cpu"));
  return levels(v1 ?? v2 ?? "/", candidates);
}

/** `36 35 98:0 /root /point rw,noatime master:1 - type source options` (proc(5)); spaces in names are \040. */
function parseMount(line: string): Mount[] {
  const [before = "", after = ""] = line.split(" - ");
  const [root, point] = before.split(" ").slice(3, 5).map(unescapeOctal);
  const [type = "", , options = ""] = after.split(" ");
  return root === undefined || point === undefined ? [] : [{ root, point, type, options: options.split(",") }];
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

function levels(path: string, mounts: readonly Mount[]): string[] {
  const holding = mounts.find(({ root }) => isBelow(path, root));
  // A path that lies outside what is mounted (such as /../other) has nothing to show but the mount itself.
  const point = (holding ?? mounts[0])?.point;
  if (point === undefined) return [];
  const names = holding ? path.slice(holding.root.length).split("/").filter(Boolean) : [];
  return names.map((_, i) => [point, ...names.slice(0, names.length - i)].join("/")).concat(point);
}

function isBelow(path: string, root: string): boolean {
  return root === "/" ? !path.startsWith("/..") : path === root || path.startsWith(`${root}/`);
}

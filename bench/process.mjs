import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

const TICKS_PER_SECOND = Number(spawnSync("getconf", ["CLK_TCK"], { encoding: "utf8" }).stdout);

/**
 * CPU time of a process so far. The kernel counts nanoseconds for each living thread; how they divide into user and system
 * it only samples.
 * @returns {{ total: number, user: number, system: number }} seconds
 */
export function cpuSeconds(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanos = threads.map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]),
  );
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name in parentheses may hold spaces; the fields behind it may not. utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return {
    total: nanos.reduce((sum, value) => sum + value, 0) / 1e9,
    user: Number(fields[11]) / TICKS_PER_SECOND,
    system: Number(fields[12]) / TICKS_PER_SECOND,
  };
}

/** @returns {{ resident: number, anonymous: number }} bytes; the rest of the resident ones is mapped files, mostly the program */
export function memoryBytes(pid) {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const bytes = (name) => Number(rollup.match(new RegExp(`^${name}:\\s*(\\d+) kB`, "m"))?.[1]) * 1024;
  return { resident: bytes("Rss"), anonymous: bytes("Anonymous") };
}

/** @returns bytes of resident memory at their most since the process began */
export function peakBytes(pid) {
  return Number(/^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}

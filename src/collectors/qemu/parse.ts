import { parseCpuList } from "../../kernel/cpu-list.ts";
import { ParseError } from "../../kernel/host.ts";

const NANOS_PER_SECOND = 1e9;
const KIB = 1024;

/** Seconds since the thread's start. */
export interface ThreadTimes {
  readonly runSeconds: number;
  readonly readySeconds: number;
}

/**
 * /proc/PID/task/TID/schedstat: nanoseconds on a CPU, nanoseconds runnable without one, turns.
 * @returns undefined where the kernel does not count: it prints zeros
 * @throws ParseError naming the file
 */
export function parseSchedstat(file: string, text: string): ThreadTimes | undefined {
  const [, run, ready] = /^(\d+) (\d+) \d+\s*$/.exec(text) ?? [];
  if (run === undefined) throw new ParseError(`${file}: expected three numbers, got "${text.trim().slice(0, 80)}"`);
  if (Number(run) === 0 && Number(ready) === 0) return undefined;
  return { runSeconds: Number(run) / NANOS_PER_SECOND, readySeconds: Number(ready) / NANOS_PER_SECOND };
}

/** Of the fields of proc(5), those behind the name in parentheses, which may hold blanks and parentheses itself. */
const FIRST_BEHIND_NAME = 3;
const STATE = 3;
const START_TIME = 22;
const LAST_CPU = 39;

export interface TaskStat {
  /** Ticks after boot; with the process's number it names a process for good. */
  readonly startTicks: string;
  /** It runs no more, and waits for its parent to take note. */
  readonly ended: boolean;
  readonly lastCpu: number;
}

/** /proc/PID/stat, and the same of a task. @throws ParseError naming the file */
export function parseTaskStat(file: string, text: string): TaskStat {
  const fields = text
    .slice(text.lastIndexOf(")") + 1)
    .trim()
    .split(" ");
  const [startTicks, lastCpu] = [fields[START_TIME - FIRST_BEHIND_NAME], Number(fields[LAST_CPU - FIRST_BEHIND_NAME])];
  if (startTicks === undefined || !Number.isInteger(lastCpu)) {
    throw new ParseError(`${file}: expected at least ${LAST_CPU} fields, got "${text.trim().slice(0, 80)}"`);
  }
  return { startTicks, ended: /^[ZXx]$/.test(fields[STATE - FIRST_BEHIND_NAME] ?? ""), lastCpu };
}

/** A line of /proc/PID/status in kB, such as VmSwap, in bytes; undefined where the kernel prints none. */
export function statusBytes(text: string, name: string): number | undefined {
  const kib = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1];
  return kib === undefined ? undefined : Number(kib) * KIB;
}

/** CPUs that a thread may run on: `Cpus_allowed_list:` of its status; undefined where the kernel prints none. */
export function allowedCpus(text: string): number | undefined {
  const list = /^Cpus_allowed_list:\s+(\S+)$/m.exec(text)?.[1];
  return list === undefined ? undefined : parseCpuList(list, "Cpus_allowed_list").length;
}

/** The interface of a descriptor of /dev/net/tun: line `iff:` of its fdinfo; undefined before one was attached. */
export function tapOfDescriptor(fdinfo: string): string | undefined {
  return /^iff:\s*(\S+)$/m.exec(fdinfo)?.[1];
}

/** Packets of one interface, as the host counts them. */
export interface DeviceCounters {
  readonly received: number;
  readonly receiveDropped: number;
  readonly sent: number;
  readonly sendDropped: number;
}

/** Columns of /proc/net/dev behind the name: bytes packets errs drop fifo frame compressed multicast, the same of those sent. */
const RECEIVED = 1;
const RECEIVE_DROPPED = 3;
const SENT = 9;
const SEND_DROPPED = 11;

function parseDevice(line: string, columns: readonly number[]): DeviceCounters {
  const [received, receiveDropped] = [columns[RECEIVED], columns[RECEIVE_DROPPED]];
  const [sent, sendDropped] = [columns[SENT], columns[SEND_DROPPED]];
  if (
    received === undefined ||
    receiveDropped === undefined ||
    sent === undefined ||
    sendDropped === undefined ||
    !columns.every(Number.isFinite)
  ) {
    throw new ParseError(`/proc/net/dev: expected 16 numbers behind the name, got "${line.trim()}"`);
  }
  return { received, receiveDropped, sent, sendDropped };
}

/**
 * /proc/net/dev. @param wanted names of interfaces; of a host with thousands only those are read
 * @throws ParseError with the row
 */
export function parseNetDev(text: string, wanted: ReadonlySet<string>): ReadonlyMap<string, DeviceCounters> {
  const counters = new Map<string, DeviceCounters>();
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0)).trim();
    if (!wanted.has(name)) continue;
    counters.set(
      name,
      parseDevice(
        line,
        line
          .slice(colon + 1)
          .trim()
          .split(/\s+/)
          .map(Number),
      ),
    );
  }
  return counters;
}

/** A process's place in the unified hierarchy: `/machine.slice/…` of /proc/PID/cgroup; undefined where it has none. */
export function cgroupPath(text: string): string | undefined {
  return /^0::(\/.*)$/m.exec(text)?.[1];
}

/** What of memory.numa_stat a machine's memory is made of; shared memory (memfd) counts as file. */
const MACHINE_MEMORY = ["anon", "file"];

/** memory.numa_stat of the unified hierarchy, `anon N0=4096 N1=0`: bytes by node. @throws ParseError naming the file */
export function parseNumaStat(file: string, text: string): ReadonlyMap<number, number> {
  const bytes = new Map<number, number>();
  const lines = text.split("\n").map((line) => line.split(" "));
  for (const [, ...nodes] of lines.filter(([name = ""]) => MACHINE_MEMORY.includes(name))) {
    for (const word of nodes) {
      const [, node, value] = /^N(\d+)=(\d+)$/.exec(word) ?? [];
      if (node === undefined) throw new ParseError(`${file}: expected N0=BYTES, got "${word}"`);
      bytes.set(Number(node), Number(value) + (bytes.get(Number(node)) ?? 0));
    }
  }
  return bytes;
}

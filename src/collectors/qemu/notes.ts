import { machineName } from "../../vm/qemu-command-line.ts";
import type { QemuProcess } from "./process.ts";

/** Machines named in a note; the others are counted. */
const NAMED = 3;

function list(processes: readonly QemuProcess[]): string {
  const names = processes
    .slice(0, NAMED)
    .map(({ pid, commandLine }) => machineName(pid, commandLine))
    .join(", ");
  return processes.length > NAMED ? `${names} and ${processes.length - NAMED} more` : names;
}

function hasNamedThreads({ threads }: QemuProcess): boolean {
  return threads.some(({ role }) => "vcpu" in role);
}

/**
 * What could not be told of machines, and what would mend it.
 * @param machines those of the processes that are shown
 */
export function notesOn(processes: readonly QemuProcess[], machines: readonly QemuProcess[]): string[] {
  const hidden = processes.filter((process) => !machines.includes(process));
  const unnamed = processes.filter((process) => !hasNamedThreads(process));
  const unreadable = processes.filter(({ descriptors }) => descriptors === undefined);
  const plugged = processes.filter(({ taps }) => taps.others.length > 0);
  const notes: readonly (readonly [readonly QemuProcess[], string])[] = [
    [unnamed, "no thread is named as a vCPU: start QEMU with -name NAME,debug-threads=on"],
    [
      unreadable,
      "taps are known by the command line only: run as root, or grant CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH",
    ],
    [
      plugged,
      "a tap belongs to no NIC of the command line, so its MAC is unknown: libvirt knows NICs plugged in later",
    ],
    [hidden, "another process has the same name and UUID, and is shown instead"],
  ];
  return notes.flatMap(([which, text]) => (which.length === 0 ? [] : [`${list(which)}: ${text}`]));
}

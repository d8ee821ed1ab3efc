import { setImmediate as turn } from "node:timers/promises";
import type { Host } from "../../kernel/host.ts";
import { isQemuName, type ThreadRole, threadRole } from "../../vm/qemu-threads.ts";
import type { IoThread, VcpuTimes } from "../../vm/vm.ts";
import { nowIfThere } from "../files.ts";
import { parseSchedstat, parseTaskStat, type ThreadTimes } from "./parse.ts";

/** Threads between two turns of the event loop: each takes some 10 µs. */
const THREADS_A_TURN = 50;
/** What KVM allows a machine, and some threads for its packets. */
const MAX_THREADS = 4096 + 256;

/** A thread that runs a vCPU or moves packets. */
export interface MachineThread {
  /** Its directory in /proc. */
  readonly directory: string;
  readonly role: NonNullable<ThreadRole>;
}

export interface MachineTimes {
  readonly vcpus: readonly VcpuTimes[];
  readonly ioThreads: readonly IoThread[];
}

/** Names of a process's threads; those of threads that have one of their own are not asked again. */
export async function readThreadNames(
  host: Host,
  pid: string,
  known: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> {
  const tids = await host.list(`/proc/${pid}/task`);
  const names = tids.flatMap((tid): [string, string][] => {
    const before = known.get(tid);
    if (before !== undefined && (tid === pid || !isQemuName(before))) return [[tid, before]];
    const comm = nowIfThere(() => host.readNow(`/proc/${pid}/task/${tid}/comm`));
    return comm === undefined ? [] : [[tid, comm.trim()]];
  });
  return new Map(names);
}

/** @param vhost numbers of the kernel threads that work for the process */
export function machineThreads(
  pid: string,
  names: ReadonlyMap<string, string>,
  vhost: readonly string[],
): MachineThread[] {
  const own = [...names].flatMap(([tid, comm]): MachineThread[] => {
    const role = threadRole(comm, tid === pid);
    return role === undefined ? [] : [{ directory: `/proc/${pid}/task/${tid}`, role }];
  });
  return [
    ...own,
    ...vhost.map((other): MachineThread => ({ directory: `/proc/${other}`, role: { thread: "vhost" } })),
  ].slice(0, MAX_THREADS);
}

function readTimes(host: Host, directory: string): ThreadTimes | undefined {
  const file = `${directory}/schedstat`;
  const text = nowIfThere(() => host.readNow(file));
  return text === undefined ? undefined : parseSchedstat(file, text);
}

/** @param nodeOfCpu empty where there is one node only: nothing is asked then */
function readNode(host: Host, directory: string, nodeOfCpu: ReadonlyMap<number, number>): number | undefined {
  if (nodeOfCpu.size === 0) return undefined;
  const file = `${directory}/stat`;
  const text = nowIfThere(() => host.readNow(file));
  return text === undefined ? undefined : nodeOfCpu.get(parseTaskStat(file, text).lastCpu);
}

/** Threads that have ended since they were found are left out. */
export async function readMachineTimes(
  host: Host,
  threads: readonly MachineThread[],
  nodeOfCpu: ReadonlyMap<number, number>,
): Promise<MachineTimes> {
  const vcpus: VcpuTimes[] = [];
  const readySeconds = new Map<IoThread["thread"], number>();
  for (const [i, { directory, role }] of threads.entries()) {
    if (i % THREADS_A_TURN === 0) await turn();
    const times = readTimes(host, directory);
    if (times === undefined) continue;
    if ("vcpu" in role) vcpus.push({ vcpu: role.vcpu, ...times, node: readNode(host, directory, nodeOfCpu) });
    else readySeconds.set(role.thread, times.readySeconds + (readySeconds.get(role.thread) ?? 0));
  }
  return { vcpus, ioThreads: [...readySeconds].map(([thread, seconds]) => ({ thread, readySeconds: seconds })) };
}

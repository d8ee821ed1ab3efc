import type { Host } from "../../kernel/host.ts";
import type { IoThread, VcpuTimes } from "../../vm/vm.ts";
import { nowIfThere } from "../files.ts";
import { isQemuName, parseSchedstat, parseTaskStat, type ThreadRole, type ThreadTimes, threadRole } from "./parse.ts";

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
  return [...own, ...vhost.map((other): MachineThread => ({ directory: `/proc/${other}`, role: { thread: "vhost" } }))];
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
export function readMachineTimes(
  host: Host,
  threads: readonly MachineThread[],
  nodeOfCpu: ReadonlyMap<number, number>,
): MachineTimes {
  const vcpus: VcpuTimes[] = [];
  const readySeconds = new Map<IoThread["thread"], number>();
  for (const { directory, role } of threads) {
    const times = readTimes(host, directory);
    if (times === undefined) continue;
    if ("vcpu" in role) vcpus.push({ vcpu: role.vcpu, ...times, node: readNode(host, directory, nodeOfCpu) });
    else readySeconds.set(role.thread, times.readySeconds + (readySeconds.get(role.thread) ?? 0));
  }
  return { vcpus, ioThreads: [...readySeconds].map(([thread, seconds]) => ({ thread, readySeconds: seconds })) };
}

import type { Host } from "../../kernel/host.ts";
import type { IoThread, VcpuTimes } from "../../vm/vm.ts";
import { ifThere } from "../files.ts";
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
  const names = tids.map(async (tid): Promise<[string, string][]> => {
    const before = known.get(tid);
    if (before !== undefined && (tid === pid || !isQemuName(before))) return [[tid, before]];
    const comm = await ifThere(host.readText(`/proc/${pid}/task/${tid}/comm`));
    return comm === undefined ? [] : [[tid, comm.trim()]];
  });
  return new Map((await Promise.all(names)).flat());
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

async function readTimes(host: Host, directory: string): Promise<ThreadTimes | undefined> {
  const file = `${directory}/schedstat`;
  const text = await ifThere(host.readText(file));
  return text === undefined ? undefined : parseSchedstat(file, text);
}

/** @param nodeOfCpu empty where there is one node only: nothing is asked then */
async function readNode(
  host: Host,
  directory: string,
  nodeOfCpu: ReadonlyMap<number, number>,
): Promise<number | undefined> {
  if (nodeOfCpu.size === 0) return undefined;
  const text = await ifThere(host.readText(`${directory}/stat`));
  return text === undefined ? undefined : nodeOfCpu.get(parseTaskStat(`${directory}/stat`, text).lastCpu);
}

/** Threads that have ended since they were found are left out. */
export async function readMachineTimes(
  host: Host,
  threads: readonly MachineThread[],
  nodeOfCpu: ReadonlyMap<number, number>,
): Promise<MachineTimes> {
  const readySeconds = new Map<IoThread["thread"], number>();
  const read = threads.map(async ({ directory, role }): Promise<VcpuTimes[]> => {
    const times = await readTimes(host, directory);
    if (times === undefined) return [];
    if ("vcpu" in role) return [{ vcpu: role.vcpu, ...times, node: await readNode(host, directory, nodeOfCpu) }];
    readySeconds.set(role.thread, times.readySeconds + (readySeconds.get(role.thread) ?? 0));
    return [];
  });
  const vcpus = (await Promise.all(read)).flat();
  return { vcpus, ioThreads: [...readySeconds].map(([thread, seconds]) => ({ thread, readySeconds: seconds })) };
}

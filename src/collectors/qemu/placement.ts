import { parseCpuList } from "../../kernel/cpu-list.ts";
import type { Host } from "../../kernel/host.ts";
import { ifThere, listNodes } from "../files.ts";
import { cgroupPath, parseNumaStat } from "./parse.ts";

const CGROUPS = "/sys/fs/cgroup";

/** The NUMA node of each CPU; empty where there is one node only, for then there is nothing to tell. */
export async function readNodes(host: Host): Promise<ReadonlyMap<number, number>> {
  const lists = [...(await listNodes(host))].map(async ([node, folder]) => {
    const file = `${folder}/cpulist`;
    const cpus = await ifThere(host.readText(file));
    return parseCpuList(cpus ?? "", file).map((cpu) => [cpu, Number(node)] as const);
  });
  return new Map((await Promise.all(lists)).flat());
}

/** The group itself and those above it, without the root. */
function groupAndAbove(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "");
  return parts.map((_, i) => `${CGROUPS}/${parts.slice(0, parts.length - i).join("/")}`);
}

/**
 * Bytes of a process on each NUMA node, as its control group counts them; numa_maps would walk its page tables.
 * @returns undefined where the group counts for other processes as well, or nothing: without the unified hierarchy
 */
export async function readMemoryByNode(host: Host, pid: string): Promise<ReadonlyMap<number, number> | undefined> {
  const path = cgroupPath((await ifThere(host.readText(`/proc/${pid}/cgroup`))) ?? "");
  for (const group of groupAndAbove(path ?? "")) {
    const file = `${group}/memory.numa_stat`;
    const text = await ifThere(host.readText(file));
    if (text === undefined) continue;
    const members = await ifThere(host.readText(`${group}/cgroup.procs`));
    return members?.trim() === pid ? parseNumaStat(file, text) : undefined;
  }
  return undefined;
}

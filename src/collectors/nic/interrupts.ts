import { parseCpuList } from "../../kernel/cpu-list.ts";
import { type Host, NotPermittedError } from "../../kernel/host.ts";
import { ifThere } from "../files.ts";
import { carriesPackets, handlerNames, type InterruptRow } from "./parse.ts";

/** Rows of an interface: those of its device, and those that name it (vmbus and Xen devices own none in sysfs). */
export function interruptsOf(device: string, irqs: readonly string[], rows: readonly InterruptRow[]): InterruptRow[] {
  return rows.filter((row) => irqs.includes(row.irq) || row.handlers.some((handler) => handlerNames(device, handler)));
}

/** Interrupts by CPU, all rows added up, in the header's order. */
export function countByCpu(rows: readonly InterruptRow[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { cpu, count } of rows.flatMap((row) => row.counts)) counts.set(cpu, (counts.get(cpu) ?? 0) + count);
  return counts;
}

/** Where the interrupt is delivered; kernels before 4.13 tell only where it may be. */
async function affinityOf(host: Host, irq: string): Promise<readonly number[] | undefined> {
  for (const name of ["effective_affinity_list", "smp_affinity_list"]) {
    const file = `/proc/irq/${irq}/${name}`;
    const text = await ifThere(host.readText(file));
    if (text !== undefined && text.trim() !== "") return parseCpuList(text, file);
  }
  return undefined;
}

/**
 * How many CPUs serve the interface's packet interrupts, all together.
 * @returns undefined where it has none, or the kernel does not tell
 */
export async function countInterruptCpus(host: Host, rows: readonly InterruptRow[]): Promise<number | undefined> {
  const irqs = rows.filter((row) => carriesPackets(row.handlers)).map((row) => row.irq);
  try {
    const lists = await Promise.all(irqs.map((irq) => affinityOf(host, irq)));
    const known = lists.filter((list) => list !== undefined);
    return known.length === 0 ? undefined : new Set(known.flat()).size;
  } catch (error) {
    // Some containers and hardened kernels keep /proc/irq to root; the rest of the interface is still worth having.
    if (error instanceof NotPermittedError) return undefined;
    throw error;
  }
}

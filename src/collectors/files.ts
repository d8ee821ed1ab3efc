import { parseCpuList } from "../kernel/cpu-list.ts";
import { type Host, ParseError, SourceAbsentError } from "../kernel/host.ts";

/** What was asked for, or undefined where this machine has no such thing. */
export async function ifThere<T>(wanted: Promise<T>): Promise<T | undefined> {
  try {
    return await wanted;
  } catch (error) {
    if (error instanceof SourceAbsentError) return undefined;
    throw error;
  }
}

/** The same of something that is read at once. */
export function nowIfThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SourceAbsentError) return undefined;
    throw error;
  }
}

/** A file of one number, as most of sysfs's are. @throws ParseError naming the file; and what Host.readText does */
export async function readNumber(host: Host, file: string): Promise<number> {
  const text = (await host.readText(file)).trim();
  if (!/^\d+$/.test(text)) throw new ParseError(`${file}: expected a number, got "${text.slice(0, 80)}"`);
  return Number(text);
}

/** Folders of the machine's NUMA nodes by their numbers; none where there is one node only, which is the machine. */
export async function listNodes(host: Host): Promise<ReadonlyMap<string, string>> {
  const folder = "/sys/devices/system/node";
  const names = (await ifThere(host.list(folder))) ?? [];
  const nodes = names.flatMap((name) => /^node(\d+)$/.exec(name)?.[1] ?? []);
  return new Map(nodes.length < 2 ? [] : nodes.map((node) => [node, `${folder}/node${node}`]));
}

/** CPUs that this machine's scheduler deals out. @throws ParseError, and what Host.readText does */
export async function countOnlineCpus(host: Host): Promise<number> {
  const file = "/sys/devices/system/cpu/online";
  return parseCpuList(await host.readText(file), file).length;
}

/** Name of this machine; empty where it is unknown. */
export async function readHostName(host: Host): Promise<string> {
  return ((await ifThere(host.readText("/proc/sys/kernel/hostname"))) ?? "").trim();
}

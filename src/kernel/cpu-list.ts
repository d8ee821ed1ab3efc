import { ParseError } from "./host.ts";

/** More CPUs than Linux can be built for. */
const MOST_CPUS = 65_536;

/**
 * CPUs, or NUMA nodes, as the kernel lists them: `0-3,8`; none for an empty line.
 * @param where the text was found, for the error @throws ParseError
 */
export function parseCpuList(text: string, where: string): number[] {
  const list = text.trim();
  if (list === "") return [];
  return list.split(",").flatMap((range) => {
    const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(range) ?? [];
    const count = Number(last) - Number(first) + 1;
    if (!(count > 0 && count <= MOST_CPUS)) {
      throw new ParseError(`${where}: expected a list of CPUs such as 0-3,8, got "${list.slice(0, 80)}"`);
    }
    return Array.from({ length: count }, (_, i) => Number(first) + i);
  });
}

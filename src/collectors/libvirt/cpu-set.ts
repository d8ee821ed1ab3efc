import { ParseError } from "../../kernel/host.ts";

/** More CPUs than Linux can be built for. */
const MAX_CPU = 65_535;

/**
 * CPUs as libvirt writes them, such as `0-3,^2,8`.
 * @param source for messages
 * @throws ParseError
 */
export function parseCpuSet(source: string, text: string): ReadonlySet<number> {
  const cpus = new Set<number>();
  for (const part of text.trim().split(",")) {
    const [, not, first, last = first] = /^(\^?)(\d{1,5})(?:-(\d{1,5}))?$/.exec(part.trim()) ?? [];
    if (first === undefined || Number(last) > MAX_CPU) {
      throw new ParseError(`${source}: expected CPUs such as 0-3,^2, got "${text.trim()}"`);
    }
    for (let cpu = Number(first); cpu <= Number(last); cpu++) {
      if (not === "^") cpus.delete(cpu);
      else cpus.add(cpu);
    }
  }
  return cpus;
}

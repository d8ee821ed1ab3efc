import { ParseError } from "../host.ts";

/**
 * A list of CPUs as /sys/devices/system/cpu/possible has it, such as "0-3,8".
 * @throws ParseError
 */
export function parseCpuList(text: string, where: string): number[] {
  const ranges = text.trim().split(",");
  return ranges.flatMap((range) => {
    const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(range) ?? [];
    const count = Number(last) - Number(first) + 1;
    if (!(count > 0)) throw new ParseError(`${where}: expected a list of CPUs such as 0-3,8, found "${text.trim()}"`);
    return Array.from({ length: count }, (_, i) => Number(first) + i);
  });
}

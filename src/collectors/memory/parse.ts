import { ParseError } from "../../kernel/host.ts";

const KIB = 1024;

/**
 * /proc/meminfo or nodeN/meminfo, whose lines begin with `Node N`. Bytes by the kernel's name; lines that count pages, not kB,
 * are left out.
 * @throws ParseError naming the file where it lacks MemTotal
 */
export function parseMeminfo(file: string, text: string): ReadonlyMap<string, number> {
  const rows = text.matchAll(/^(?:Node \d+ )?(\S+):\s+(\d+) kB$/gm);
  const bytes = new Map([...rows].map(([, name = "", kib]) => [name, Number(kib) * KIB]));
  if (!bytes.has("MemTotal")) {
    throw new ParseError(`${file}: expected a line "MemTotal: … kB", got "${text.slice(0, 80)}"`);
  }
  return bytes;
}

/** /proc/vmstat: one `name value` a line; counters since boot. @throws ParseError naming the row */
export function parseVmstat(text: string): ReadonlyMap<string, number> {
  const lines = text.split("\n").filter((line) => line !== "");
  return new Map(
    lines.map((line, row) => {
      const [, name, value] = /^(\S+) (-?\d+)$/.exec(line) ?? [];
      if (name === undefined) {
        throw new ParseError(`/proc/vmstat row ${row}: expected a name and a number, got "${line}"`);
      }
      return [name, Number(value)] as const;
    }),
  );
}

/**
 * Bytes of a page, which no file tells: 4,096 on x86, up to 65,536 on arm64 and ppc64. The size of our own process is shown in
 * pages and in kB; read a moment apart they differ a little, sizes of pages by a factor of two at least.
 * @param statm /proc/self/statm @param status /proc/self/status
 * @throws ParseError
 */
export function parsePageBytes(statm: string, status: string): number {
  const pages = Number(/^(\d+) /.exec(statm)?.[1]);
  const kib = Number(/^VmSize:\s+(\d+) kB$/m.exec(status)?.[1]);
  if (!(pages > 0 && kib > 0)) {
    throw new ParseError(`expected pages in /proc/self/statm and VmSize in /proc/self/status, got "${statm.trim()}"`);
  }
  return 2 ** Math.round(Math.log2((KIB * kib) / pages));
}

/** The size in bytes of the huge pages that a directory such as `hugepages-2048kB` stands for. @throws ParseError */
export function hugePageBytes(directory: string): number {
  const kib = /^hugepages-(\d+)kB$/.exec(directory)?.[1];
  if (kib === undefined) throw new ParseError(`expected a directory such as hugepages-2048kB, found "${directory}"`);
  return Number(kib) * KIB;
}

import { ParseError } from "../../kernel/host.ts";

/** Softirqs of one vector, by CPU, since boot. The kernel's counters are 32 bits wide and wrap. */
export interface SoftirqRow {
  readonly vector: string;
  readonly counts: readonly { readonly cpu: string; readonly count: number }[];
}

/**
 * /proc/softirqs: a header of CPUs, then a row a vector. The column of a CPU is found by the header, because offline CPUs
 * are missing from it.
 * @throws ParseError naming the row
 */
export function parseSoftirqs(text: string): SoftirqRow[] {
  const [header = "", ...rows] = text.trimEnd().split("\n");
  const cpus = header.trim().split(/\s+/);
  if (!cpus.every((cpu) => /^CPU\d+$/.test(cpu))) {
    throw new ParseError(`/proc/softirqs row 0: expected a header of CPUs (CPU0 …), got "${header}"`);
  }
  if (rows.length === 0) throw new ParseError("/proc/softirqs: expected a row for each vector, found none");
  return rows.map((line, i) => {
    const [name = "", ...columns] = line.trim().split(/\s+/);
    if (!name.endsWith(":") || columns.length !== cpus.length || !columns.every((c) => /^\d+$/.test(c))) {
      throw new ParseError(`/proc/softirqs row ${i + 1}: expected a vector and ${cpus.length} counts, got "${line}"`);
    }
    const counts = cpus.map((cpu, column) => ({ cpu: cpu.slice("CPU".length), count: Number(columns[column]) }));
    return { vector: name.slice(0, -1), counts };
  });
}

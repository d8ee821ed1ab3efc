import { ParseError } from "../../kernel/host.ts";

/** Time of one CPU since boot, in USER_HZ ticks. */
export interface CpuTimes {
  readonly cpu: string;
  readonly softirqTicks: number;
  readonly stealTicks: number;
}

/** USER_HZ is 100 on every architecture that Linux exports to user space, whatever HZ the kernel runs at. */
export const TICKS_PER_SECOND = 100;

const SOFTIRQ_COLUMN = 7;
const STEAL_COLUMN = 8;

/**
 * Rows `cpuN` of /proc/stat: user nice system idle iowait irq softirq steal … in ticks. Offline CPUs have no row.
 * @throws ParseError where no CPU has a row or a row lacks the steal column (kernels before 2.6.11)
 */
export function parseCpuTimes(text: string): CpuTimes[] {
  const rows = text.split("\n").filter((line) => /^cpu\d/.test(line));
  if (rows.length === 0) throw new ParseError("/proc/stat: expected rows of CPUs (cpu0 …), found none");
  return rows.map((line) => {
    const columns = line.trim().split(/\s+/);
    const softirqTicks = Number(columns[SOFTIRQ_COLUMN]);
    const stealTicks = Number(columns[STEAL_COLUMN]);
    if (!Number.isSafeInteger(softirqTicks) || !Number.isSafeInteger(stealTicks)) {
      throw new ParseError(`/proc/stat: expected at least 8 numbers behind the CPU's name, got "${line}"`);
    }
    return { cpu: (columns[0] ?? "").slice("cpu".length), softirqTicks, stealTicks };
  });
}

import { ParseError } from "../../kernel/host.ts";

/** One line of /proc/interrupts that has a number: an interrupt, not a summary such as NMI. */
export interface InterruptRow {
  readonly irq: string;
  readonly counts: readonly { readonly cpu: string; readonly count: number }[];
  /** Names of the handlers on this line; more than one where devices share it. */
  readonly handlers: readonly string[];
}

/**
 * /proc/interrupts. Columns go by the header, because offline CPUs are missing from it; behind them come the controller, its
 * number for the interrupt, and the handlers.
 * @throws ParseError naming the row
 */
export function parseInterrupts(text: string): InterruptRow[] {
  const [header = "", ...lines] = text.trimEnd().split("\n");
  const cpus = header.trim().split(/\s+/);
  if (!cpus.every((cpu) => /^CPU\d+$/.test(cpu))) {
    throw new ParseError(`/proc/interrupts row 0: expected a header of CPUs (CPU0 …), got "${header}"`);
  }
  return lines.flatMap((line, i) => {
    const [name = "", ...columns] = line.trim().split(/\s+/);
    if (!/^\d+:$/.test(name)) return [];
    const counts = cpus.map((cpu, column) => ({ cpu: cpu.slice("CPU".length), count: Number(columns[column]) }));
    if (!counts.every(({ count }) => Number.isSafeInteger(count))) {
      throw new ParseError(`/proc/interrupts row ${i + 1}: expected ${cpus.length} counts, got "${line}"`);
    }
    const handlers = columns.slice(cpus.length).map((word) => word.replace(/,$/, ""));
    return [{ irq: name.slice(0, -1), counts, handlers }];
  });
}

/** Is this handler the interface's own? Drivers write eth0, eth0-rx-0, i40e-eth0-TxRx-0 or eth0:rx. */
export function handlerNames(device: string, handler: string): boolean {
  return handler === device || handler.split(/[-@:]/).includes(device);
}

/** Vectors for configuration changes and administration carry no packets. */
export function carriesPackets(handlers: readonly string[]): boolean {
  return !handlers.some((handler) => /-config$|-control$|ctrl|-mgmnt|mgmt|async|adminq|-event-/i.test(handler));
}

/** CPUs of a hexadecimal mask such as `00000000,00000003`, highest first. @throws ParseError naming the file */
export function parseCpuMask(file: string, text: string): number[] {
  const mask = text.trim();
  if (!/^[0-9a-f]{1,8}(,[0-9a-f]{8})*$/i.test(mask)) {
    throw new ParseError(`${file}: expected a mask of CPUs such as 00000000,0000000f, got "${mask}"`);
  }
  const digits = [...mask.replaceAll(",", "")].reverse();
  return digits.flatMap((digit, i) => {
    const bits = Number.parseInt(digit, 16);
    return [0, 1, 2, 3].filter((bit) => (bits >> bit) & 1).map((bit) => 4 * i + bit);
  });
}

/** A file that holds one number. @throws ParseError naming the file */
export function parseNumber(file: string, text: string): number {
  const value = Number(text.trim());
  if (text.trim() === "" || !Number.isFinite(value)) {
    throw new ParseError(`${file}: expected a number, got "${text.trim()}"`);
  }
  return value;
}

/** `vendor:device` from two files such as `0x1af4` and `0x1100`. */
export function subsystemIds(vendor: string, device: string): string {
  const [v, d] = [vendor.trim().replace(/^0x/, ""), device.trim().replace(/^0x/, "")];
  return v === "" || d === "" ? "" : `${v}:${d}`;
}

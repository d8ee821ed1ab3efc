import { ParseError } from "../../kernel/host.ts";

/** How long tasks have waited for a resource since boot. */
export interface StallTime {
  readonly share: "some" | "full";
  readonly stalledMicros: number;
}

/**
 * A file of /proc/pressure: `some avg10=0.00 avg60=0.00 avg300=0.00 total=12345`, then `full …`; `irq` has no `some`. Lines of
 * other shares, which a later kernel may add, are left out.
 * @throws ParseError naming the file and the row
 */
export function parsePressure(file: string, text: string): StallTime[] {
  const lines = text.split("\n").filter((line) => line !== "");
  if (lines.length === 0) throw new ParseError(`${file}: expected lines "some …" or "full …", found none`);
  return lines.flatMap((line, row) => {
    const [, share, total] = /^(\w+) .*\btotal=(\d+)$/.exec(line) ?? [];
    if (share === undefined) {
      throw new ParseError(`${file} row ${row}: expected "some avg10=… total=MICROSECONDS", got "${line}"`);
    }
    return share === "some" || share === "full" ? [{ share, stalledMicros: Number(total) }] : [];
  });
}

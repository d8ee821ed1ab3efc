import { ParseError } from "../../kernel/host.ts";

/** Columns that speak of loss, in the kernel's own words; the others count what is normal or what only a rule turns into loss. */
const CAUSES = ["drop", "early_drop", "insert_failed"] as const;

export type ConntrackCause = (typeof CAUSES)[number];

/**
 * /proc/net/stat/nf_conntrack: a header, then a row of hexadecimal counters for each CPU. Kernels rename, add and reuse
 * columns, so they go by the header; a cause that this kernel does not count is left out.
 * @returns counts of all CPUs together @throws ParseError naming the row
 */
export function parseConntrackStat(text: string): ReadonlyMap<ConntrackCause, number> {
  const [header = "", ...rows] = text.trimEnd().split("\n");
  const columns = header.trim().split(/\s+/);
  if (columns[0] !== "entries" || rows.length === 0) {
    throw new ParseError(
      `nf_conntrack row 0: expected a header that begins with "entries" and a row for each CPU, got "${header}"`,
    );
  }
  const counters = rows.map((line, i) => {
    const words = line.trim().split(/\s+/);
    if (words.length < columns.length || !words.every((word) => /^[0-9a-f]{1,16}$/.test(word))) {
      throw new ParseError(`nf_conntrack row ${i + 1}: expected ${columns.length} hex columns, got "${line}"`);
    }
    return words.map((word) => Number.parseInt(word, 16));
  });
  const counted = CAUSES.filter((cause) => columns.includes(cause));
  return new Map(
    counted.map((cause) => {
      const column = columns.indexOf(cause);
      return [cause, counters.reduce((sum, row) => sum + (row[column] ?? 0), 0)];
    }),
  );
}

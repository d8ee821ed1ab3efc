import { ParseError } from "../../kernel/host.ts";

/** Counters by protocol and name, as the kernel writes them: `get("Tcp")?.get("RetransSegs")`. */
export type ProtocolCounters = ReadonlyMap<string, ReadonlyMap<string, number>>;

/**
 * /proc/net/snmp and /proc/net/netstat: pairs of lines, `Tcp: Name …` and `Tcp: value …`. Columns go by name, for kernels
 * add some in the middle.
 * @throws ParseError naming the file and the row
 */
export function parseProtocolCounters(file: string, text: string): ProtocolCounters {
  const lines = text.split("\n").filter((line) => line !== "");
  const protocols = new Map<string, Map<string, number>>();
  for (let row = 0; row < lines.length; row += 2) {
    const [protocol = "", ...names] = (lines[row] ?? "").trim().split(/\s+/);
    const [again, ...values] = (lines[row + 1] ?? "").trim().split(/\s+/);
    if (!protocol.endsWith(":") || again !== protocol || names.length !== values.length) {
      throw new ParseError(
        `${file} row ${row}: expected a line of names and a line of as many values, got "${lines[row]}" and "${lines[row + 1] ?? ""}"`,
      );
    }
    const counters = new Map(names.map((name, i) => [name, Number(values[i])]));
    const bad = names.find((name) => !Number.isFinite(counters.get(name)));
    if (bad !== undefined) {
      throw new ParseError(`${file} row ${row + 1}: expected a number for ${bad}, got "${values[names.indexOf(bad)]}"`);
    }
    protocols.set(protocol.slice(0, -1), counters);
  }
  return protocols;
}

/** /proc/net/snmp6: one `Name value` a line. @throws ParseError naming the row */
export function parseSnmp6(text: string): ReadonlyMap<string, number> {
  const lines = text.split("\n").filter((line) => line !== "");
  return new Map(
    lines.map((line, row) => {
      const [name, value] = line.trim().split(/\s+/);
      if (name === undefined || value === undefined || !/^\d+$/.test(value)) {
        throw new ParseError(`/proc/net/snmp6 row ${row}: expected a name and a number, got "${line}"`);
      }
      return [name, Number(value)] as const;
    }),
  );
}

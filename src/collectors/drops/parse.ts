import { ParseError } from "../../kernel/host.ts";
import type { ReasonNames } from "./reasons.ts";

/** The kernel's description of the event skb:kfree_skb. */
export interface DropEvent {
  /** Its number, for perf_event_open. */
  readonly id: number;
  /** Empty where this kernel gives no reasons (before 5.17). */
  readonly names: ReasonNames;
}

/** events/skb/kfree_skb/format of tracefs. @param where its path @throws ParseError */
export function parseDropEvent(text: string, where: string): DropEvent {
  const id = /^ID: (\d+)$/m.exec(text)?.[1];
  if (id === undefined) {
    throw new ParseError(
      `${where}: expected a line such as "ID: 2310", found "${text.slice(0, 60).replaceAll("\n", " ")}"`,
    );
  }
  // The names are the last argument of the format that trace_pipe prints: { 2, "NOT_SPECIFIED" }, …
  const names = [...text.matchAll(/\{ (\d+), "(\w+)" \}/g)].map(([, value, name]): [number, string] => [
    Number(value),
    name ?? "",
  ]);
  return { id: Number(id), names: /\breason;/.test(text) ? new Map(names) : new Map() };
}

/** A line of /proc/kallsyms: 16 digits, a blank, the type, a blank, the name, and behind a tab the module. */
const DIGITS = 16;
const TYPE = DIGITS + 1;
const SYMBOL = /([0-9a-f]{16}) [tTwW] ([^\t\n]+)/y;
const CODE_TYPES = "tTwW";

/**
 * The functions that these return addresses lie in.
 * @param symbols /proc/kallsyms, in any order; without the right to see addresses they are all 0, and nothing is found
 */
export function functionsAt(addresses: readonly bigint[], symbols: string): Map<bigint, string> {
  // Numbers of the same length compare as text: of 100,000 lines none is taken apart. A symbol is noted at the first address
  // behind it only, and handed on to those behind that at the end.
  const none = "0".repeat(DIGITS);
  const wanted = addresses
    .map((address) => ({ address, digits: address.toString(16).padStart(DIGITS, "0"), from: none, line: 0 }))
    .sort((a, b) => (a.digits < b.digits ? -1 : 1));
  for (let line = 0, end = 0; end >= 0; line = end + 1) {
    end = symbols.indexOf("\n", line);
    if (!CODE_TYPES.includes(symbols.charAt(line + TYPE) || " ")) continue;
    const from = symbols.slice(line, line + DIGITS);
    // A call that never returns may be the last of its function: the address behind it is the next one's beginning.
    const place = firstAbove(wanted, from);
    if (place && from > place.from) {
      place.from = from;
      place.line = line;
    }
  }
  const names = new Map<bigint, string>();
  let best = { from: none, line: 0 };
  for (const place of wanted) {
    if (place.from > best.from) best = place;
    SYMBOL.lastIndex = best.line;
    const name = best.from > none ? SYMBOL.exec(symbols)?.[2] : undefined;
    if (name !== undefined) names.set(place.address, name);
  }
  return names;
}

function firstAbove<T extends { readonly digits: string }>(sorted: readonly T[], digits: string): T | undefined {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as T).digits > digits) high = middle;
    else low = middle + 1;
  }
  return sorted[low];
}

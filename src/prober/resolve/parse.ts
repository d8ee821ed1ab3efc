import { ParseError } from "../../kernel/host.ts";

/** A default route that leads to a router; a lower metric wins. */
export interface DefaultRoute {
  readonly device: string;
  readonly gateway: string;
  readonly metric: number;
}

export type ByteOrder = "LE" | "BE";

// linux/route.h
const RTF_UP = 0x1;
const RTF_GATEWAY = 0x2;
const RTF_REJECT = 0x200;

function leadsToRouter(flags: number): boolean {
  return (flags & RTF_UP) !== 0 && (flags & RTF_GATEWAY) !== 0 && (flags & RTF_REJECT) === 0;
}

function rows(text: string): string[][] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => line.trim().split(/\s+/));
}

/** The kernel prints each address as one native 32-bit number, so its bytes are reversed on little-endian machines. */
function ipv4FromHex(hex: string, byteOrder: ByteOrder): string {
  const bytes = hex.match(/../g)?.map((pair) => Number.parseInt(pair, 16)) ?? [];
  return (byteOrder === "LE" ? bytes.reverse() : bytes).join(".");
}

/** Default routes of /proc/net/route (the main table), best first. @throws ParseError */
export function parseRoute(text: string, byteOrder: ByteOrder): DefaultRoute[] {
  const [header = [], ...lines] = rows(text);
  const columns = ["Iface", "Destination", "Gateway", "Flags", "Metric", "Mask"].map((name) => header.indexOf(name));
  if (header.length > 0 && columns.includes(-1)) {
    throw new ParseError(
      `/proc/net/route: expected columns Iface, Destination, Gateway, Flags, Metric and Mask, got "${header.join(" ")}"`,
    );
  }
  return lines
    .flatMap((line, row): DefaultRoute[] => {
      const [device, destination, gateway, flags, metric, mask] = columns.map((column) => line[column]);
      if (!device || !isHex(destination, 8) || !isHex(gateway, 8) || !isHex(flags) || !metric || !isHex(mask, 8)) {
        throw new ParseError(`/proc/net/route row ${row + 1}: expected a route, got "${line.join(" ")}"`);
      }
      const isDefault = Number.parseInt(destination, 16) === 0 && Number.parseInt(mask, 16) === 0;
      if (!isDefault || !leadsToRouter(Number.parseInt(flags, 16))) return [];
      return [{ device, gateway: ipv4FromHex(gateway, byteOrder), metric: Number(metric) }];
    })
    .sort((a, b) => a.metric - b.metric);
}

/** Default routes of /proc/net/ipv6_route (all tables, no header, hexadecimal), best first. @throws ParseError */
export function parseIpv6Route(text: string): DefaultRoute[] {
  return rows(text)
    .flatMap((line, row): DefaultRoute[] => {
      const [destination, length, , sourceLength, gateway, metric, , , flags, device] = line;
      if (!device || !isHex(destination, 32) || !isHex(gateway, 32) || !isHex(metric) || !isHex(flags)) {
        throw new ParseError(`/proc/net/ipv6_route row ${row + 1}: expected a route, got "${line.join(" ")}"`);
      }
      // A source prefix makes the route one of policy routing, not everybody's default.
      if (Number.parseInt(destination, 16) !== 0 || length !== "00" || sourceLength !== "00") return [];
      if (!leadsToRouter(Number.parseInt(flags, 16))) return [];
      return [{ device, gateway: ipv6FromHex(gateway), metric: Number.parseInt(metric, 16) }];
    })
    .sort((a, b) => a.metric - b.metric);
}

function isHex(text: string | undefined, length?: number): text is string {
  return text !== undefined && /^[0-9a-f]+$/i.test(text) && (length === undefined || text.length === length);
}

/** RFC 5952: no leading zeros, the longest run of at least two zero groups is `::`. */
function ipv6FromHex(hex: string): string {
  const groups = hex.match(/.{4}/g)?.map((group) => Number.parseInt(group, 16).toString(16)) ?? [];
  const text = groups.join(":");
  const longest = [...text.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].sort((a, b) => b[0].length - a[0].length)[0];
  if (!longest) return text;
  const head = text.slice(0, longest.index);
  const tail = text.slice(longest.index + longest[0].length).replace(/^:/, "");
  return `${head}::${tail}`;
}

/** Addresses of a name in the text of /etc/hosts, in its order. */
export function parseHosts(text: string, name: string): string[] {
  const wanted = name.toLowerCase().replace(/\.$/, "");
  return text.split("\n").flatMap((line) => {
    const [address, ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    return address && names.some((known) => known.toLowerCase() === wanted) ? [address] : [];
  });
}

import { BlockList, isIP, isIPv4, isIPv6 } from "node:net";

/** The other end of a path, as far as its text tells. */
export type Target =
  | { readonly kind: "address"; readonly family: 4 | 6; readonly address: string; readonly zone?: string }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "default-gateway" };

/** What is wrong with a text that is no target, and what to write instead. */
export interface TargetProblem {
  readonly problem: string;
}

export const targetExpectation =
  "expected an address (10.0.0.1, fd00::1, fe80::1%eth0), a host name, or default-gateway";

const unusable = new BlockList();
unusable.addAddress("0.0.0.0");
unusable.addAddress("::", "ipv6");
unusable.addSubnet("224.0.0.0", 4);
unusable.addAddress("255.255.255.255");
unusable.addSubnet("ff00::", 8, "ipv6");

const mapped = new BlockList();
mapped.addSubnet("::ffff:0:0", 96, "ipv6");
const linkLocal = new BlockList();
linkLocal.addSubnet("fe80::", 10, "ipv6");

// RFC 1123 labels, and the underscore that service names and container names have.
const label = /^(?!-)[A-Za-z0-9_-]{1,63}(?<!-)$/;
const interfaceName = /^[^\s/%:]{1,15}$/;

/** @returns the target, or what is wrong with the text */
export function parseTarget(text: string): Target | TargetProblem {
  if (text === "default-gateway") return { kind: "default-gateway" };
  if (isIP(text) !== 0) return parseAddress(text);
  const problem = whyNoName(text);
  return problem === undefined ? { kind: "name", name: text } : { problem };
}

function parseAddress(text: string): Target | TargetProblem {
  const [address = "", zone] = text.split("%");
  const family = isIPv4(address) ? 4 : 6;
  const type = family === 4 ? "ipv4" : "ipv6";
  if (family === 6 && mapped.check(address, "ipv6")) {
    return { problem: "an IPv4 address mapped into IPv6 cannot be probed: write the IPv4 address" };
  }
  if (unusable.check(address, type)) return { problem: "a target is one machine, no broadcast, multicast or wildcard" };
  if (zone === undefined && family === 6 && linkLocal.check(address, "ipv6")) {
    return { problem: `a link-local address needs its interface: write ${address}%eth0 with yours for eth0` };
  }
  if (zone === undefined) return { kind: "address", family, address };
  if (!interfaceName.test(zone)) return { problem: "behind % belongs the name or number of a network interface" };
  return { kind: "address", family, address, zone };
}

function whyNoName(text: string): string | undefined {
  if (text === "") return "it is empty";
  if (text.includes("://")) return "a target is no URL: write its host only";
  if (/^\[.*\]$/.test(text) && isIPv6(text.slice(1, -1))) return `write ${text.slice(1, -1)} without brackets`;
  const port = /^\[?([^[\]]*?)\]?:(\d+)$/.exec(text);
  if (port?.[1]) return `the port is a key of its own: write ${port[1]}, and port: ${port[2]}`;
  if (text.includes("/")) return "a target is one machine, no network: write one address";
  const labels = text.replace(/\.$/, "").split(".");
  if (text.length > 254) return "a host name has at most 253 characters";
  const wrong = labels.find((part) => !label.test(part));
  if (wrong === "") return "a host name has no empty part between its dots";
  if (wrong !== undefined && wrong.length > 63) return "a part of a host name has at most 63 characters";
  if (wrong !== undefined) return "a host name has letters, digits, hyphens inside, underscores and dots";
  // A name whose last part is a number is read as an address by half of the world's resolvers.
  if (/^\d+$/.test(labels.at(-1) ?? "")) return "an IPv4 address has four numbers from 0 to 255";
  return undefined;
}

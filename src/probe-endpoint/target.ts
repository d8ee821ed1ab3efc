import type { ProbeModule } from "../config/probe-endpoint.ts";
import { parseTarget, type Target } from "../config/target.ts";
import type { QueryProblem } from "./query.ts";

/** Where one run goes, as its request says. */
export interface RunTarget {
  readonly host: Exclude<Target, { kind: "default-gateway" }>;
  /** Only of tcp. */
  readonly port?: number;
}

/** A host name of full length, brackets and a port. */
const MAX_LENGTH = 254 + 2 + 6;

const problems = {
  host: "target is an address or a host name: four decimal numbers, IPv6 without brackets, or labels of letters, digits and hyphens",
  port: "a tcp target is HOST:PORT or [IPv6]:PORT, with a port from 1 to 65535, unless the module has a port",
  modulePort: "the module has a port of its own: leave it out of the target",
  zone: "only a link-local address (fe80::/10) has an interface behind it",
  family: "the module probes another IP version than that of this address",
};

/** @param module says whether the target brings a port, and of which IP version an address has to be */
export function parseRunTarget(text: string, { protocol, path }: ProbeModule): RunTarget | QueryProblem {
  if (text.length > MAX_LENGTH) return { problem: problems.host };
  const bringsPort = protocol === "tcp" && path.tcpPort === undefined;
  const [, bracketed, plain, digits] = /^(?:\[([^[\]]+)\]|([^:[\]]+)):([1-9]\d{0,4})$/.exec(text) ?? [];
  if (bringsPort && (digits === undefined || Number(digits) > 65_535)) return { problem: problems.port };
  if (!bringsPort && protocol === "tcp" && digits !== undefined) return { problem: problems.modulePort };
  const host = parseHost(bringsPort ? (bracketed ?? plain ?? "") : text);
  if ("problem" in host) return host;
  if (bracketed !== undefined && !(host.kind === "address" && host.family === 6)) return { problem: problems.port };
  if (host.kind === "address" && path.ipVersion !== undefined && host.family !== path.ipVersion) {
    return { problem: problems.family };
  }
  return bringsPort ? { host, port: Number(digits) } : { host };
}

function parseHost(text: string): RunTarget["host"] | QueryProblem {
  const target = parseTarget(text);
  if ("problem" in target || target.kind === "default-gateway") return { problem: problems.host };
  if (target.kind === "name" && looksLikeNumber(text)) return { problem: problems.host };
  const { zone, address } = target.kind === "address" ? target : {};
  if (zone !== undefined && !/^fe[89ab]/i.test(address ?? "")) return { problem: problems.zone };
  return target;
}

/** What half of the world's resolvers take for an IPv4 address: 0x7f000001, or 127.0x1. */
function looksLikeNumber(name: string): boolean {
  const last = name.replace(/\.$/, "").split(".").at(-1) ?? "";
  return /^(?:\d+|0x[0-9a-f]*)$/i.test(last);
}

import { lookup, Resolver } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { endianness, networkInterfaces } from "node:os";
import type { ByteOrder } from "./parse.ts";

export interface DnsAnswer {
  readonly address: string;
  readonly ttlSeconds: number;
}

export interface DnsService {
  /** Empty where the domain says that there is no such service. */
  readonly name: string;
  readonly port: number;
}

/** What resolving asks of the machine. */
export interface ResolverMachine {
  readonly byteOrder: ByteOrder;
  readText(path: string): Promise<string>;
  /** Index of an interface that has an IPv6 address with a scope. */
  scopeIndex(device: string): number | undefined;
  /** One DNS question, without search domains and hosts file. Rejects with a code of node:dns. */
  query(name: string, family: 4 | 6, signal: AbortSignal): Promise<readonly DnsAnswer[]>;
  /** The services of a name (RFC 2782). Rejects with a code of node:dns. */
  querySrv(name: string, signal: AbortSignal): Promise<readonly DnsService[]>;
  /** getaddrinfo: search domains, multicast DNS and all else that nsswitch.conf names. Rejects with a code. */
  lookup(name: string, family: 4 | 6, signal: AbortSignal): Promise<readonly string[]>;
}

const queryTimeoutMs = 1500;
const deadlineMs = 5000;

/** This machine; `servers` such as ["127.0.0.1:5353"] replace those of /etc/resolv.conf. */
export function thisMachine(servers?: readonly string[]): ResolverMachine {
  return {
    byteOrder: endianness(),
    readText: (path) => readFile(path, "utf8"),
    scopeIndex: (device) =>
      networkInterfaces()
        [device]?.map((address) => (address.family === "IPv6" ? address.scopeid : 0))
        .find((index) => index > 0),

    async query(name, family, signal) {
      const resolver = newResolver(servers);
      const asking = family === 4 ? resolver.resolve4(name, { ttl: true }) : resolver.resolve6(name, { ttl: true });
      const records = await inTime(asking, signal, () => resolver.cancel());
      return records.map(({ address, ttl }) => ({ address, ttlSeconds: ttl }));
    },

    async querySrv(name, signal) {
      const resolver = newResolver(servers);
      return inTime(resolver.resolveSrv(name), signal, () => resolver.cancel());
    },

    async lookup(name, family, signal) {
      const answers = await inTime(lookup(name, { family, all: true }), signal);
      return answers.map(({ address }) => address);
    },
  };
}

/** A resolver of its own: it reads resolv.conf as it is now, and cancelling it cancels nobody else's question. */
function newResolver(servers: readonly string[] | undefined): Resolver {
  const resolver = new Resolver({ timeout: queryTimeoutMs, tries: 2 });
  if (servers) resolver.setServers(servers);
  return resolver;
}

/** Rejects with ETIMEOUT at the deadline or the signal. getaddrinfo cannot be cancelled: its late answer is nobody's. */
function inTime<T>(work: Promise<T>, signal: AbortSignal, cancel?: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      reject(Object.assign(new Error("no answer in time"), { code: "ETIMEOUT" }));
      cancel?.();
    };
    const timer = setTimeout(stop, deadlineMs);
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    });
  });
}

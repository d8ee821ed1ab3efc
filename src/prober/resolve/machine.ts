import { lookup } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { endianness, networkInterfaces } from "node:os";
import { performance } from "node:perf_hooks";
import { createDnsClient, type DnsClient } from "./dns-client.ts";
import type { ByteOrder } from "./parse.ts";
import { createSharedQuestions } from "./shared-questions.ts";
import { createTurns } from "./turns.ts";

/** What resolving asks of the machine. */
export interface ResolverMachine extends DnsClient {
  readonly byteOrder: ByteOrder;
  readText(path: string): Promise<string>;
  /** Index of an interface that has an IPv6 address with a scope. */
  scopeIndex(device: string): number | undefined;
  /** getaddrinfo: search domains, multicast DNS and all else that nsswitch.conf names. Rejects with a code. */
  lookup(name: string, family: 4 | 6, signal: AbortSignal): Promise<readonly string[]>;
}

const lookupDeadlineMs = 5000;
/** Each takes one of the four threads that files are read on as well, and cannot be cancelled. */
const lookupsAtOnce = 2;

/** This machine; `servers` such as ["127.0.0.1:5353"] replace those of /etc/resolv.conf. */
export function thisMachine(servers?: readonly string[]): ResolverMachine {
  const takeTurn = createTurns(lookupsAtOnce);
  const nowSeconds = () => performance.now() / 1000;
  const lookups = createSharedQuestions<readonly string[]>(() => 0, lookupDeadlineMs, nowSeconds);
  // A thousand names read the hosts file at the same moment: once is enough, and does not take a thousand descriptors.
  const files = createSharedQuestions<string>(() => 0, lookupDeadlineMs, nowSeconds);
  return {
    ...createDnsClient(servers),
    byteOrder: endianness(),
    readText: (path) => files.ask(path, () => readFile(path, "utf8"), new AbortController().signal),
    scopeIndex: (device) =>
      networkInterfaces()
        [device]?.map((address) => (address.family === "IPv6" ? address.scopeid : 0))
        .find((index) => index > 0),
    lookup: (name, family, signal) =>
      lookups.ask(
        `${name} ${family}`,
        (unwanted) =>
          takeTurn(async () => {
            const answers = await lookup(name, { family, all: true });
            return answers.map(({ address }) => address);
          }, unwanted),
        signal,
      ),
  };
}

import { Resolver } from "node:dns/promises";
import { performance } from "node:perf_hooks";
import { inTime } from "./in-time.ts";
import { createSharedQuestions } from "./shared-questions.ts";
import { createTurns } from "./turns.ts";

export interface DnsAnswer {
  readonly address: string;
  readonly ttlSeconds: number;
}

export interface DnsService {
  /** Empty where the domain says that there is no such service. */
  readonly name: string;
  readonly port: number;
}

/** DNS questions without search domains and hosts file. Each rejects with a code of node:dns, at the latest after 5 s of its own. */
export interface DnsClient {
  query(name: string, family: 4 | 6, signal: AbortSignal): Promise<readonly DnsAnswer[]>;
  /** RFC 2782. */
  querySrv(name: string, signal: AbortSignal): Promise<readonly DnsService[]>;
}

const queryTimeoutMs = 1500;
const deadlineMs = 5000;
/** More questions in one moment overflow the receive buffer that a name server has by default. */
const atOnce = 128;
/** Waiting for a turn is no fault of the server's: so long a thousand names may take while it is dead. */
const patienceMs = 120_000;
/** So many paths of one name ask once, and a record that goes is noticed soon all the same. */
const sharedSeconds = 5;
/** /etc/resolv.conf is read anew so often. */
const channelMs = 5000;

interface Channel {
  readonly resolver: Resolver;
  readonly since: number;
  open: number;
}

/** @param servers such as ["127.0.0.1:5353"] replace those of /etc/resolv.conf */
export function createDnsClient(servers?: readonly string[]): DnsClient {
  const takeTurn = createTurns(atOnce);
  const now = () => performance.now() / 1000;
  const addresses = createSharedQuestions<readonly DnsAnswer[]>(goodForSeconds, patienceMs, now);
  const services = createSharedQuestions<readonly DnsService[]>(() => 0, patienceMs, now);
  let channel: Channel | undefined;

  function currentChannel(): Channel {
    if (channel && performance.now() - channel.since < channelMs) return channel;
    const resolver = new Resolver({ timeout: queryTimeoutMs, tries: 2 });
    if (servers) resolver.setServers(servers);
    channel = { resolver, since: performance.now(), open: 0 };
    return channel;
  }

  function ask<T>(question: (resolver: Resolver) => Promise<T>, signal: AbortSignal): Promise<T> {
    return takeTurn(async () => {
      const own = currentChannel();
      own.open++;
      try {
        return await inTime(question(own.resolver), deadlineMs, signal);
      } finally {
        // What is left was given up, and would keep the process from ending.
        if (--own.open === 0) own.resolver.cancel();
      }
    }, signal);
  }

  return {
    query: (name, family, signal) =>
      addresses.ask(
        `${name} ${family}`,
        (unwanted) =>
          ask(async (resolver) => {
            const records = await (family === 4
              ? resolver.resolve4(name, { ttl: true })
              : resolver.resolve6(name, { ttl: true }));
            return records.map(({ address, ttl }) => ({ address, ttlSeconds: ttl }));
          }, unwanted),
        signal,
      ),
    querySrv: (name, signal) =>
      services.ask(name, (unwanted) => ask((resolver) => resolver.resolveSrv(name), unwanted), signal),
  };
}

function goodForSeconds(answers: readonly DnsAnswer[]): number {
  return Math.min(sharedSeconds, ...answers.map(({ ttlSeconds }) => ttlSeconds));
}

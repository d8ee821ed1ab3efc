import type { ProbeAddress } from "../commands.ts";
import type { ResolverMachine } from "./machine.ts";
import { parseHosts } from "./parse.ts";
import { UnresolvedError } from "./unresolved.ts";

/** An address of a name, and for how long it holds; undefined where the source does not say. */
export interface NameAnswer {
  readonly address: ProbeAddress;
  readonly ttlSeconds: number | undefined;
}

export interface NameQuestion {
  readonly name: string;
  /** Undefined: IPv4 where there is one, else IPv6. */
  readonly ipVersion: 4 | 6 | undefined;
  /** Kept while it is among the answers: round robin must not move a path. */
  readonly current: string | undefined;
}

type Source = (name: string, family: 4 | 6) => Promise<readonly { address: string; ttlSeconds?: number }[]>;

/** Hosts file, then DNS (which alone tells a TTL), then getaddrinfo. @throws UnresolvedError */
export async function resolveName(
  question: NameQuestion,
  machine: ResolverMachine,
  signal: AbortSignal,
): Promise<NameAnswer> {
  const hosts = await machine.readText("/etc/hosts").catch(() => "");
  const inHosts: Source = async (name, family) =>
    parseHosts(hosts, name)
      .filter((address) => address.includes(":") === (family === 6))
      .map((address) => ({ address }));
  const inDns: Source = (name, family) => machine.query(name.replace(/\.$/, ""), family, signal);
  const bySystem: Source = async (name, family) =>
    (await machine.lookup(name, family, signal)).map((address) => ({ address }));

  // A name without a dot is meant for the search domains, which only getaddrinfo knows.
  const sources = question.name.includes(".") ? [inHosts, inDns, bySystem] : [inHosts, bySystem];
  const errors: string[] = [];
  for (const source of sources) {
    const answer = await ask(source, question, errors);
    if (answer) return answer;
  }
  throw new UnresolvedError(explain(question, errors));
}

async function ask(source: Source, question: NameQuestion, errors: string[]): Promise<NameAnswer | undefined> {
  const families = question.ipVersion === undefined ? ([4, 6] as const) : [question.ipVersion];
  for (const family of families) {
    try {
      const answers = await source(question.name, family);
      const chosen = answers.find(({ address }) => address === question.current) ?? answers[0];
      if (chosen) {
        const address = { family, address: chosen.address, zoneIndex: 0 };
        return { address, ttlSeconds: chosen.ttlSeconds };
      }
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      errors.push(code);
      // Who does not answer the one question does not answer the other, and a thousand names would wait for both.
      if (reasons[code] === noAnswer) return undefined;
    }
  }
  return undefined;
}

const noAnswer = "no name server answered";
const reasons: Readonly<Record<string, string>> = {
  EAI_AGAIN: noAnswer,
  ECONNREFUSED: noAnswer,
  ETIMEOUT: noAnswer,
  ECANCELLED: noAnswer,
  ENODATA: "no such record",
  ENOTFOUND: "no such name",
  EREFUSED: "the name server refused to answer",
  ESERVFAIL: "the name server failed",
};

function explain({ name, ipVersion }: NameQuestion, errors: readonly string[]): string {
  const kind = ipVersion === undefined ? "address" : `IPv${ipVersion} address`;
  const why = [...new Set(errors.map((code) => reasons[code] ?? code))].join(", ");
  return `${name} has no ${kind} (${why}): check its spelling, /etc/hosts and the name servers in /etc/resolv.conf`;
}

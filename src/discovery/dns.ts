import { isIP } from "node:net";
import { type PathName, pathOfRecord } from "../config/discovery.ts";
import type { RecordType } from "../config/discovery-schema.ts";
import type { FoundPath } from "../config/found-paths.ts";
import { renderKey } from "../config/issues.ts";
import { pathSchema } from "../config/path-schema.ts";
import { validate } from "../config/validate.ts";
import type { ResolverMachine } from "../prober/resolve/machine.ts";
import { parseHosts } from "../prober/resolve/parse.ts";
import { type Answer, acceptAll, maxPaths, nowhere } from "./answer.ts";
import { SourceProblem } from "./problem.ts";

/** One record of a name. */
interface NameRecord {
  readonly target: string;
  /** Of SRV. */
  readonly port?: number;
}

interface Records {
  readonly records: readonly NameRecord[];
  /** The shortest; undefined where nobody says. */
  readonly ttlSeconds?: number;
}

export type NameMachine = Pick<ResolverMachine, "readText" | "query" | "querySrv" | "lookup">;

/** What a name's records say; `"no such name"` is what DNS calls NXDOMAIN. @throws SourceProblem where one question failed */
export async function findRecords(
  { name, type }: Pick<PathName, "name" | "type">,
  machine: NameMachine,
  signal: AbortSignal,
): Promise<Records | "no such name"> {
  const plain = name.replace(/\.$/, "");
  if (type === "SRV") return ask(async () => servicesOf(await machine.querySrv(plain, signal)));
  const hosts = parseHosts(await machine.readText("/etc/hosts").catch(() => ""), plain);
  if (hosts.length > 0) {
    const wanted = hosts.filter(
      (address) => isIP(address) !== 0 && families[type].includes(address.includes(":") ? 6 : 4),
    );
    return { records: wanted.map((target) => ({ target })) };
  }
  const answers = await Promise.all(
    families[type].map((family) => ask(() => addressesOf(plain, family, machine, signal))),
  );
  const found = answers.filter((answer) => answer !== "no such name");
  if (found.length === 0) return "no such name";
  const ttls = found.flatMap(({ ttlSeconds }) => ttlSeconds ?? []);
  return {
    records: found.flatMap(({ records }) => records),
    ...(ttls.length > 0 ? { ttlSeconds: Math.min(...ttls) } : {}),
  };
}

const families: Readonly<Record<Exclude<RecordType, "SRV">, readonly (4 | 6)[]>> = {
  address: [4, 6],
  A: [4],
  AAAA: [6],
};

async function addressesOf(name: string, family: 4 | 6, machine: NameMachine, signal: AbortSignal): Promise<Records> {
  // A name without a dot is meant for the search domains, which only getaddrinfo knows.
  if (!name.includes(".")) {
    return { records: (await machine.lookup(name, family, signal)).map((target) => ({ target })) };
  }
  const answers = await machine.query(name, family, signal);
  const ttls = answers.map(({ ttlSeconds }) => ttlSeconds);
  return {
    records: answers.map(({ address }) => ({ target: address })),
    ...(ttls.length > 0 ? { ttlSeconds: Math.min(...ttls) } : {}),
  };
}

/** RFC 2782: the target "." says that there is decidedly no such service. */
function servicesOf(services: readonly { readonly name: string; readonly port: number }[]): Records {
  return { records: services.filter(({ name }) => name !== "").map(({ name, port }) => ({ target: name, port })) };
}

async function ask(question: () => Promise<Records>): Promise<Records | "no such name"> {
  try {
    return await question();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (code === "ENODATA") return { records: [] };
    if (code === "ENOTFOUND") return "no such name";
    throw new SourceProblem(
      `${reasons[code] ?? `it cannot be asked (${code})`}: see the name servers in /etc/resolv.conf`,
    );
  }
}

const silent = "no name server answered";
const reasons: Readonly<Record<string, string>> = {
  EAI_AGAIN: silent,
  ECONNREFUSED: silent,
  ETIMEOUT: silent,
  ECANCELLED: silent,
  EREFUSED: "the name server refused to answer",
  ESERVFAIL: "the name server failed",
  EBADRESP: "the name server's answer is broken",
};

/** The paths of a name's records, in an order of their own: round robin is no change. @throws SourceProblem */
export function pathsOfRecords(source: PathName, { records }: Records): Pick<Answer, "paths" | "warnings"> {
  if (records.length > maxPaths) throw new SourceProblem(`it has more than ${maxPaths} records`);
  const places = nowhere(source.label);
  const byName = new Map(
    records.map(({ target, port }) => {
      const raw = pathOfRecord(source, target, port);
      return [String(raw["name"]), raw] as const;
    }),
  );
  const found = [...byName]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, raw]) => {
      const { value, issues } = validate(pathSchema, raw, places, (path) => [name, ...path]);
      const path: FoundPath = {
        name,
        place: places.valueAt([]),
        key: renderKey([name]),
        ...(value ? { path: value } : {}),
      };
      return { path, issues };
    });
  return {
    paths: acceptAll({
      paths: found.map(({ path }) => path),
      issues: found.flatMap(({ issues }) => issues),
    }),
    warnings: [],
  };
}

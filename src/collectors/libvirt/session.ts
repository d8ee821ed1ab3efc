import { type Host, NotPermittedError, ParseError, SourceAbsentError } from "../../kernel/host.ts";
import { connectLibvirt, type LibvirtClient } from "./client.ts";
import type { ActiveDomain, DomainSource } from "./domains.ts";
import { LibvirtError, LibvirtTimeoutError, libvirtErrorCode } from "./errors.ts";
import { domainStats } from "./parse.ts";
import {
  authType,
  decodeAllDomainStats,
  decodeAuthTypes,
  decodeXml,
  encodeAllDomainStats,
  encodeDomainXml,
  encodeOpen,
  procedures,
} from "./protocol.ts";
import type { LibvirtTarget } from "./uri.ts";

const NOTHING = new Uint8Array();
const CALL_DEADLINE_MS = 2000;
/** For statistics: of the first call, until it is known how long they take here; the least and the most afterwards. */
const FIRST_STATS_MS = 4000;
const LEAST_STATS_MS = 1000;
const MOST_STATS_MS = 6000;

const REMEDY =
  "run as root, allow org.libvirt.unix.monitor to this user by a polkit rule, or set auth_unix_ro in libvirt's configuration";

/** A connection on which libvirt answers questions about domains. */
export interface LibvirtSession extends DomainSource {
  isOpen(): boolean;
  close(): void;
}

/**
 * Connects, authenticates and opens read-only.
 * @param sockets in the order in which they are tried
 * @throws SourceAbsentError without a socket or a driver for QEMU; NotPermittedError with the remedy; ParseError where
 * libvirt's protocol is not what is spoken
 */
export async function openSession(
  host: Host,
  { driver }: LibvirtTarget,
  sockets: readonly string[],
): Promise<LibvirtSession> {
  const client = await connectFirst(host, sockets);
  try {
    await authenticate(client);
    await openDriver(client, driver);
  } catch (error) {
    client.close();
    throw error;
  }
  const allStats = createStatsCall(client);
  return {
    domains: async () => activeDomains(await allStats()),
    describe: (domain) => describe(client, domain),
    isOpen: () => client.isOpen(),
    close: () => client.close(),
  };
}

async function connectFirst(host: Host, sockets: readonly string[]): Promise<LibvirtClient> {
  let problem: Error = new SourceAbsentError(`no libvirt on this machine: there is no ${sockets.join(" and no ")}`);
  for (const socket of sockets) {
    try {
      return await connectLibvirt(host, socket);
    } catch (error) {
      // A socket that is there and leads nowhere says more than one that is missing.
      if (!(error instanceof SourceAbsentError)) problem = unreachable(socket, error);
    }
  }
  throw problem;
}

function unreachable(socket: string, error: unknown): Error {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof NotPermittedError) {
    return new NotPermittedError(`${reason}; libvirt's unix_sock_ro_perms says who may use ${socket}`);
  }
  return new Error(`nobody answers at libvirt's socket ${socket}: is the daemon running? (${reason})`);
}

/** Root needs none; anyone else polkit's permission, which most systems give to whoever only reads. */
async function authenticate(client: LibvirtClient): Promise<void> {
  const types = await authTypes(client);
  if (types.length === 0 || types.includes(authType.none)) return;
  if (!types.includes(authType.polkit)) {
    throw new NotPermittedError(`libvirt wants a name and a password (SASL), which we cannot give: ${REMEDY}`);
  }
  try {
    await client.call(procedures.authPolkit, NOTHING, CALL_DEADLINE_MS);
  } catch (error) {
    if (!(error instanceof LibvirtError || error instanceof LibvirtTimeoutError)) throw error;
    throw new NotPermittedError(`libvirt and polkit refuse this user (${error.message}): ${REMEDY}`);
  }
}

/** The first call, and so the one that a server of another program or version refuses. */
async function authTypes(client: LibvirtClient): Promise<number[]> {
  try {
    return decodeAuthTypes(await client.call(procedures.authList, NOTHING, CALL_DEADLINE_MS));
  } catch (error) {
    if (!(error instanceof LibvirtError)) throw error;
    throw new ParseError(`libvirt does not speak version 1 of its protocol: ${error.message}`);
  }
}

const refusals: ReadonlySet<number> = new Set([
  libvirtErrorCode.operationDenied,
  libvirtErrorCode.rpc,
  libvirtErrorCode.authFailed,
  libvirtErrorCode.authCancelled,
  libvirtErrorCode.authUnavailable,
  libvirtErrorCode.accessDenied,
]);

async function openDriver(client: LibvirtClient, driver: LibvirtTarget["driver"]): Promise<void> {
  try {
    await client.call(procedures.connectOpen, encodeOpen(driver), CALL_DEADLINE_MS);
  } catch (error) {
    if (!(error instanceof LibvirtError)) throw error;
    if (error.code === libvirtErrorCode.noConnect) {
      throw new SourceAbsentError(`libvirt has nothing to do with QEMU here: ${error.message}`);
    }
    if (refusals.has(error.code))
      throw new NotPermittedError(`libvirt refuses ${driver} (${error.message}): ${REMEDY}`);
    throw error;
  }
}

/**
 * The first call that meets a QEMU which hangs is stuck with it, whatever its flags; the next one passes that domain by,
 * because the first holds its job. So one that takes much longer than usual is asked again.
 */
function createStatsCall(client: LibvirtClient): () => Promise<Uint8Array> {
  let patienceMs = FIRST_STATS_MS;

  async function ask(deadlineMs: number): Promise<Uint8Array> {
    const startedMs = performance.now();
    const body = await client.call(procedures.allDomainStats, encodeAllDomainStats(), deadlineMs);
    const usualMs = performance.now() - startedMs;
    patienceMs = Math.min(Math.max(LEAST_STATS_MS, 4 * usualMs), MOST_STATS_MS);
    return body;
  }

  return async () => {
    try {
      return await ask(patienceMs);
    } catch (error) {
      if (!(error instanceof LibvirtTimeoutError)) throw error;
      return await ask(MOST_STATS_MS);
    }
  };
}

function* activeDomains(body: Uint8Array): Generator<ActiveDomain, void, undefined> {
  for (const { domain, stats } of decodeAllDomainStats(body)) {
    yield { ...domain, stats: domainStats(domain.name, stats) };
  }
}

async function describe(client: LibvirtClient, { name, uuid, id }: ActiveDomain): Promise<string | undefined> {
  if (uuid === undefined || id === undefined) return undefined;
  try {
    return decodeXml(await client.call(procedures.domainXml, encodeDomainXml({ name, uuid, id }), CALL_DEADLINE_MS));
  } catch (error) {
    if (error instanceof LibvirtError && error.code === libvirtErrorCode.noDomain) return undefined;
    throw error;
  }
}

import { type Host, NotPermittedError, SourceAbsentError } from "../../kernel/host.ts";
import { type DatapathLookups, type DropEvent, parseDatapaths, parseDropEvents } from "./datapath.ts";
import { createJsonRpc, type JsonRpc, RefusedError } from "./json-rpc.ts";

/** What ovs-vswitchd itself tells, which is in no database. */
export interface Daemon {
  /** False where it does not run: the statistics in the database stand still then. */
  readonly runs: boolean;
  readonly datapaths: readonly DatapathLookups[];
  readonly drops: readonly DropEvent[];
  /** What is missing, why, and what would mend it; empty where nothing is. */
  readonly detail: string;
}

async function ask(rpc: JsonRpc, command: string): Promise<string> {
  return String(await rpc.call(command, []));
}

async function controlSocket(host: Host, directory: string): Promise<string> {
  const pid = (await host.readText(`${directory}/ovs-vswitchd.pid`)).trim();
  return `${directory}/ovs-vswitchd.${pid}.ctl`;
}

async function askDaemon(host: Host, socket: string, signal: AbortSignal): Promise<Daemon> {
  const connection = await host.connect(socket, signal);
  try {
    const rpc = createJsonRpc(connection, socket);
    const datapaths = parseDatapaths(await ask(rpc, "dpctl/show"));
    const drops = parseDropEvents(await ask(rpc, "coverage/show"));
    return { runs: true, datapaths, drops, detail: "" };
  } finally {
    connection.close();
  }
}

function refusedConnection(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ECONNREFUSED";
}

const unknown = { datapaths: [], drops: [] };

/**
 * Asks ovs-vswitchd over its control socket, which is open to those who may administer it.
 * @param directory that holds its files: the one of the database's socket
 * @throws ParseError; Error where it ends or hangs in mid-call
 */
export async function readDaemon(host: Host, directory: string, signal: AbortSignal): Promise<Daemon> {
  try {
    return await askDaemon(host, await controlSocket(host, directory), signal);
  } catch (error) {
    if (error instanceof SourceAbsentError || refusedConnection(error)) {
      const detail = `ovs-vswitchd does not run (nothing answers in ${directory}): its counters stand still and are left out; start it`;
      return { ...unknown, runs: false, detail };
    }
    if (error instanceof NotPermittedError) {
      const detail = `only root may ask ovs-vswitchd (in ${directory}) for lost upcalls and drops of its datapath: run as root, or let this user write to its .ctl socket`;
      return { ...unknown, runs: true, detail };
    }
    if (error instanceof RefusedError) return { ...unknown, runs: true, detail: error.message };
    throw error;
  }
}

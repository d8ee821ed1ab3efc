import { type Connection, type Host, NotPermittedError, SourceAbsentError } from "../../kernel/host.ts";
import { type DropEvent, parseDropEvents, parseLostUpcalls, parseReceived } from "./datapath.ts";
import { createJsonRpc, type JsonRpc, RefusedError } from "./json-rpc.ts";

/** What ovs-vswitchd itself tells, which is in no database. */
export interface Daemon {
  /** False where it does not run: the statistics in the database stand still then. */
  readonly runs: boolean;
  readonly datapaths: readonly Datapath[];
  readonly drops: readonly DropEvent[];
  /** What is missing, why, and what would mend it; empty where nothing is. */
  readonly detail: string;
}

/** A datapath, by its name such as system@ovs-system; what it does not tell is undefined. */
export interface Datapath {
  readonly name: string;
  /** Packets whose upcall to the slow path failed. */
  readonly lostUpcalls: number | undefined;
  /** Packets that reached it; of one in user space. */
  readonly received: number | undefined;
}

/** Events that are shown before they happen, because alerts count on them: limits, and a slow path that is overwhelmed. */
const COUNTED_ON = ["datapath_drop_meter", "datapath_drop_upcall_error", "datapath_drop_lock_error"];

const USERSPACE = "netdev";
const unknown = { datapaths: [], drops: [] };

/** What a command prints; empty where this version refuses it. */
type Ask = (command: string, ...args: readonly string[]) => Promise<string>;

function askOver(rpc: JsonRpc): Ask {
  return async (command, ...args) => {
    try {
      return String(await rpc.call(command, args));
    } catch (error) {
      if (error instanceof RefusedError) return "";
      throw error;
    }
  };
}

// Asked by name: a list of all datapaths makes the daemon warn in its log where the kernel's module is not loaded.
async function readDatapath(ask: Ask, type: string): Promise<Datapath> {
  const name = `${type}@ovs-${type}`;
  const lostUpcalls = parseLostUpcalls(await ask("dpctl/show", name));
  if (type !== USERSPACE) return { name, lostUpcalls, received: undefined };
  return { name, lostUpcalls, received: parseReceived(await ask("dpif-netdev/pmd-stats-show", `ovs-${type}`)) };
}

async function readDrops(ask: Ask): Promise<DropEvent[]> {
  const drops = parseDropEvents(await ask("coverage/show"));
  for (const cause of COUNTED_ON.filter((event) => drops.every((drop) => drop.cause !== event))) {
    const count = await ask("coverage/read-counter", cause);
    if (count !== "") drops.push({ cause, packets: Number(count) });
  }
  return drops;
}

function isGone(error: unknown): boolean {
  if (error instanceof SourceAbsentError) return true;
  return typeof error === "object" && error !== null && "code" in error && error.code === "ECONNREFUSED";
}

interface Control {
  readonly socket: string;
  readonly connection: Connection;
}

/** Connects to the one of its control sockets that is not left over from an earlier run. */
async function connectControl(host: Host, directory: string, signal: AbortSignal): Promise<Control | undefined> {
  const names = (await host.list(directory)).filter((name) => /^ovs-vswitchd\.\d+\.ctl$/.test(name));
  for (const name of names) {
    const socket = `${directory}/${name}`;
    try {
      return { socket, connection: await host.connect(socket, signal) };
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }
  return undefined;
}

async function askDaemon({ socket, connection }: Control, types: readonly string[]): Promise<Daemon> {
  try {
    const ask = askOver(createJsonRpc(connection, socket));
    const datapaths: Datapath[] = [];
    for (const type of types) datapaths.push(await readDatapath(ask, type));
    const drops = types.includes(USERSPACE) ? await readDrops(ask) : [];
    return { runs: true, datapaths, drops, detail: "" };
  } finally {
    connection.close();
  }
}

/**
 * Asks ovs-vswitchd over its control socket, which is open to those who may administer it.
 * @param directory that holds its files: the one of the database's socket
 * @param types of the datapaths that its bridges use: system (the kernel's), netdev (in user space)
 * @throws ParseError; Error where it ends or hangs in mid-call
 */
export async function readDaemon(
  host: Host,
  directory: string,
  types: readonly string[],
  signal: AbortSignal,
): Promise<Daemon> {
  try {
    const control = await connectControl(host, directory, signal);
    if (control) return await askDaemon(control, types);
    const detail = `ovs-vswitchd does not run (nothing answers in ${directory}): its counters stand still and are left out; start it`;
    return { ...unknown, runs: false, detail };
  } catch (error) {
    if (!(error instanceof NotPermittedError)) throw error;
    const detail = `only root may ask ovs-vswitchd (in ${directory}) for lost upcalls and drops of its datapath: run as root, or let this user write to its .ctl socket`;
    return { ...unknown, runs: true, detail };
  }
}

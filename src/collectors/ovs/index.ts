import { dirname } from "node:path";
import { type Connection, type Host, NotPermittedError, SourceAbsentError } from "../../kernel/host.ts";
import { sample } from "../../metrics/define.ts";
import { defineCollector } from "../collector.ts";
import { readDaemon } from "./daemon.ts";
import { readTables } from "./database.ts";
import { createJsonRpc } from "./json-rpc.ts";
import { ovsMetrics as m } from "./metrics.ts";
import type { OvsOptions } from "./options.ts";
import { type OvsInterface, parseInterfaces } from "./parse.ts";
import { datapathSamples, interfaceSamples } from "./samples.ts";

const SOCKETS = ["/run/openvswitch/db.sock", "/var/run/openvswitch/db.sock"];

interface Database {
  readonly socket: string;
  readonly connection: Connection;
}

/** Connects to the first of these sockets that exists. */
async function connect(
  host: Host,
  [socket = "", ...others]: readonly string[],
  signal: AbortSignal,
): Promise<Database> {
  try {
    return { socket, connection: await host.connect(socket, signal) };
  } catch (error) {
    if (error instanceof NotPermittedError) {
      throw new NotPermittedError(
        `${socket}: only root may read Open vSwitch's database: run as root, or let this user write to that socket`,
      );
    }
    if (error instanceof SourceAbsentError && others.length > 0) return connect(host, others, signal);
    throw error;
  }
}

async function readInterfaces({ socket, connection }: Database): Promise<OvsInterface[]> {
  try {
    return parseInterfaces(await readTables(createJsonRpc(connection, socket)));
  } finally {
    connection.close();
  }
}

/** With the datapath in user space packets come from devices of the kernel by a packet socket, ahead of the kernel's policing. */
function uselessPolicing(interfaces: readonly OvsInterface[]): string {
  const useless = interfaces.filter(({ datapath, type, policing }) => {
    return datapath === "netdev" && type === "system" && policing.rateKbps + policing.rateKpps > 0;
  });
  const [first, ...others] = useless.map(({ name }) => name);
  if (first === undefined) return "";
  const which = others.length === 0 ? first : `${first} and ${others.length} more`;
  return `ingress policing of ${which} has no effect: the bridge's datapath is in user space; limit the port by QoS`;
}

export const ovs = defineCollector({
  name: "ovs",
  metrics: m,
  // ovs-vswitchd writes its counters into the database that often (other_config:stats-update-interval).
  polling: () => ({ seconds: 5 }),
  async collect(host, options: OvsOptions, signal, note) {
    const database = await connect(host, options.socket === undefined ? SOCKETS : [options.socket], signal);
    const interfaces = await readInterfaces(database);
    const types = [...new Set(interfaces.map(({ datapath }) => datapath))].filter((type) => type !== "");
    const daemon = await readDaemon(host, dirname(database.socket), types, signal);
    for (const detail of [daemon.detail, uselessPolicing(interfaces)]) if (detail !== "") note(detail);
    return [
      ...interfaces.flatMap((one) => interfaceSamples(one, daemon.runs)),
      ...daemon.datapaths.flatMap(datapathSamples),
      ...daemon.drops.map(({ cause, packets }) => sample(m.datapathDrops, { cause }, packets)),
    ];
  },
});

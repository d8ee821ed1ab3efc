import { fileURLToPath } from "node:url";
import { eventually } from "../servers.ts";
import { GUEST, type Hypervisor, NEIGHBOUR } from "./hypervisor.ts";
import type { Machine } from "./machine.ts";

const script = fileURLToPath(new URL("flood.mjs", import.meta.url));
const SOURCE_PORT = 9000;

/** What became of a flood: `arrived` is what the guest's kernel got, with the little that it gets besides. */
export interface Flooded {
  readonly sent: number;
  readonly failed: number;
  readonly seconds: number;
  readonly arrived: number;
}

/** A program in the guest that reads the neighbour's datagrams and forgets them. @returns its port */
export async function openSink({ inGuest }: Machine): Promise<number> {
  // A reader that waits for its CPU loses nothing while its buffer has room: the guest is not to blame.
  await inGuest("echo 67108864 >/proc/sys/net/core/rmem_max; echo 67108864 >/proc/sys/net/core/rmem_default");
  // bash knows no socket without a peer; the peer's port is fixed instead.
  await inGuest(`bash -c 'exec 3<>/dev/udp/${NEIGHBOUR}/${SOURCE_PORT}; exec cat <&3' >/dev/null 2>&1 &`);
  return eventually("a socket in the guest", 10, async () => {
    const sockets = await inGuest("cat /proc/net/udp");
    const port = new RegExp(`:([0-9A-F]{4}) [0-9A-F]{8}:${SOURCE_PORT.toString(16)} `, "i").exec(sockets)?.[1];
    return port === undefined ? undefined : Number.parseInt(port, 16);
  });
}

/** Packets of all kinds that the guest's kernel took from its NICs; a datagram that nobody has read yet is among them. */
async function countArrived({ inGuest }: Machine): Promise<number> {
  const [names = [], values = []] = (await inGuest("grep ^Ip: /proc/net/snmp"))
    .trim()
    .split("\n")
    .map((line) => line.split(" "));
  return Number(values[names.indexOf("InDelivers")]);
}

/** The neighbour sends to the guest's virtio NIC at an even rate. @param port of the sink */
export async function flood(
  { neighbour }: Hypervisor,
  machine: Machine,
  port: number,
  perSecond: number,
  seconds: number,
): Promise<Flooded> {
  const before = await countArrived(machine);
  const target = [GUEST, port, SOURCE_PORT, perSecond, seconds].join(" ");
  // Ahead of the guest's own threads, so that it is the guest that cannot keep up.
  const told = await neighbour.sh(`nice -n -15 ${process.execPath} ${script} ${target}`);
  const { sent, failed, seconds: took } = JSON.parse(told) as Omit<Flooded, "arrived">;
  return { sent, failed, seconds: took, arrived: (await countArrived(machine)) - before };
}

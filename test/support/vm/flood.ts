import { fileURLToPath } from "node:url";
import { eventually } from "../servers.ts";
import { GUEST, type Hypervisor, NEIGHBOUR } from "./hypervisor.ts";
import type { Machine } from "./machine.ts";

const script = fileURLToPath(new URL("flood.mjs", import.meta.url));
const SOURCE_PORT = 9000;

export interface Flooded {
  readonly sent: number;
  readonly failed: number;
  readonly seconds: number;
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

/** Datagrams that the guest's kernel ever had for a program: what waits to be read is not among them yet. */
export async function countArrived({ inGuest }: Machine): Promise<number> {
  const [names = [], values = []] = (await inGuest("grep ^Udp: /proc/net/snmp"))
    .trim()
    .split("\n")
    .map((line) => line.split(" "));
  const of = (name: string) => Number(values[names.indexOf(name)]);
  return of("InDatagrams") + of("RcvbufErrors");
}

/** The same, once the reader has caught up. */
export async function countAllArrived(machine: Machine): Promise<number> {
  let last = Number.NaN;
  return eventually("an end of datagrams", 30, async () => {
    const before = last;
    last = await countArrived(machine);
    return last === before ? last : undefined;
  });
}

/** The neighbour sends to the guest's virtio NIC at an even rate. @param port of the sink */
export async function flood(
  { neighbour }: Hypervisor,
  port: number,
  perSecond: number,
  seconds: number,
): Promise<Flooded> {
  const target = [GUEST, port, SOURCE_PORT, perSecond, seconds].join(" ");
  // Ahead of the guest's own threads, so that it is the guest that cannot keep up.
  return JSON.parse(await neighbour.sh(`nice -n -15 ${process.execPath} ${script} ${target}`)) as Flooded;
}

import { readAttributes, textOf, u32Of, u64Of } from "./attributes.ts";
import { dumpRequest, type NetlinkMessage } from "./message.ts";
import { readU16 } from "./native-order.ts";

// linux/genetlink.h and linux/netdev.h. Families of generic netlink have names; their numbers differ from boot to boot.
const GENL_ID_CTRL = 0x10;
/** struct genlmsghdr: u8 command, u8 version, 16 bits reserved. */
const GENLMSGHDR_BYTES = 4;
const CTRL_CMD_GETFAMILY = 3;
const CTRL_ATTR = { id: 1, name: 2 } as const;
const NETDEV_CMD_QSTATS_GET = 12;
const QSTATS = { link: 1, type: 2, queue: 3, scope: 4, rxPackets: 8, txPackets: 10 } as const;
const SCOPE_QUEUE = 1;
const RX = 0;

/** Packets that went through one queue since the driver made it. */
export interface QueueStatistics {
  /** Index of its interface. */
  readonly link: number;
  readonly direction: "receive" | "transmit";
  readonly queue: number;
  readonly packets: number;
}

/** Asks which families this kernel has. */
export function familiesRequest(): Uint8Array {
  return dumpRequest(GENL_ID_CTRL, Uint8Array.of(CTRL_CMD_GETFAMILY, 1, 0, 0));
}

/** @returns the number of a family; undefined where this kernel lacks it */
export function familyNumber(messages: readonly NetlinkMessage[], name: string): number | undefined {
  for (const { payload } of messages) {
    const attributes = readAttributes(payload.subarray(GENLMSGHDR_BYTES), "family");
    const id = attributes.get(CTRL_ATTR.id);
    if (textOf(attributes, CTRL_ATTR.name) === name && id !== undefined) return readU16(id, 0);
  }
  return undefined;
}

/** Asks for the statistics of all queues, since Linux 6.9 and of drivers that keep them so. @param netdev the family's number */
export function queueStatisticsRequest(netdev: number): Uint8Array {
  const header = [NETDEV_CMD_QSTATS_GET, 1, 0, 0];
  const attribute = new Uint8Array(Uint16Array.of(8, QSTATS.scope, SCOPE_QUEUE, 0).buffer);
  return dumpRequest(netdev, Uint8Array.from([...header, ...attribute]));
}

/** Statistics without a count of packets are left out. @throws ParseError where an answer is malformed */
export function parseQueueStatistics(messages: readonly NetlinkMessage[]): QueueStatistics[] {
  return messages.flatMap(({ payload }) => {
    const attributes = readAttributes(payload.subarray(GENLMSGHDR_BYTES), "queue statistics");
    const [link, queue] = [u32Of(attributes, QSTATS.link), u32Of(attributes, QSTATS.queue)];
    const isReceive = u32Of(attributes, QSTATS.type) === RX;
    const counter = isReceive ? QSTATS.rxPackets : QSTATS.txPackets;
    // Such counters are as wide as their value needs.
    const packets = u64Of(attributes, counter) ?? u32Of(attributes, counter);
    if (link === undefined || queue === undefined || packets === undefined) return [];
    return [{ link, direction: isReceive ? "receive" : "transmit", queue, packets } as const];
  });
}

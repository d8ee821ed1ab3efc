import { MessageRing } from "../kernel/ffi/message-ring.ts";
import type { ProbeSocket } from "../kernel/ffi/probe-socket.ts";
import type { ProbeStream, Route } from "./stream.ts";

/** A packet, or a train of them in one send, that waits in a batch. */
export interface Pending {
  stream: ProbeStream | undefined;
  route: Route | undefined;
  /** Of the first packet, in the stream's ledger; the others follow. */
  sequence: number;
  packets: number;
}

/** One socket with the batch that is to leave by it. */
export interface Lane {
  /** Its place among the lanes of its transport. */
  readonly index: number;
  readonly socket: ProbeSocket;
  sends: MessageRing;
  pending: number;
  readonly waiting: readonly Pending[];
  /** Where packets began in the last entry of the error queue, behind link and IP headers; -1 unknown. */
  headerHint: number;
  dropsSeen: number;
}

export function createLane(index: number, socket: ProbeSocket, batch: number, dataBytes: number): Lane {
  return {
    index,
    socket,
    sends: new MessageRing(batch, dataBytes),
    pending: 0,
    waiting: Array.from({ length: batch }, () => ({ stream: undefined, route: undefined, sequence: 0, packets: 0 })),
    headerHint: -1,
    dropsSeen: 0,
  };
}

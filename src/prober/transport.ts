import type { ProbeAddress } from "./commands.ts";
import type { Doubts } from "./doubts.ts";
import type { ProbeStream, Route } from "./stream.ts";

/**
 * What carries the probes of one protocol and family: it sends in batches, reads what came, books both in the streams'
 * ledgers, and knows what it has to hold against itself. It runs in the worker and never blocks.
 */
export interface Transport {
  readonly doubts: Doubts;
  /**
   * Makes room for sends and replies of this many bytes of IP payload; what waits in a batch is sent first.
   */
  ensureCapacity(sendBytes: number, replyBytes: number): void;
  /** Asks the kernel for a larger receive buffer for each socket. */
  wantReceiveBuffer(bytes: number): void;
  /** A stream begins to send this way. */
  attach(stream: ProbeStream, address: ProbeAddress): Route;
  /** Nothing that was sent this way is without a verdict any more. */
  detach(stream: ProbeStream, route: Route): void;
  /**
   * Puts the packet whose size the stream's picker chose into the batch, and books the attempt.
   * @param most packets that the stream has left to send
   * @returns how many packets that was: a train of `gso` is several
   */
  put(stream: ProbeStream, route: Route, nowNanos: number, most: number): number;
  readonly batchFull: boolean;
  /** Sends the batch. What the kernel refuses is booked as refused, one by one; the rest still goes out. */
  flush(): void;
  /**
   * Reads all that has come, without waiting: transmit stamps first, then replies, then what was dropped on our side.
   * @param realtimeOffsetNanos wall clock less monotonic clock, as of this round
   * @param steppedNanos when the wall clock last stepped, monotonic; 0 never
   */
  drain(realtimeOffsetNanos: number, steppedNanos: number): void;
  /** Closes its sockets; it is not used afterwards. @returns their descriptors */
  close(): readonly number[];
}

import type { MessageRing } from "../kernel/ffi/message-ring.ts";
import type { Lane } from "./lane.ts";
import type { ProbeStream, Route } from "./stream.ts";

/** The packet of ours that something we read is about. */
export interface Found {
  stream: ProbeStream | undefined;
  route: Route | undefined;
  /** In the stream's ledger. */
  sequence: number;
  /** How many packets left in that send, this one first. */
  packets: number;
  /** Length of the reply where it has to be that of the request; else ANY_LENGTH. */
  bytes: number;
  /** How long the other end held the packet. */
  heldSeconds: number;
}

export type Reading = "ours" | "malformed" | "foreign" | "unauthenticated";

/** How packets of one protocol are written and recognised. All offsets are into the ring's memory; nothing allocates. */
export interface Codec {
  /** Bytes of IP payload that the kernel writes itself: a UDP header. */
  readonly kernelBytes: number;
  /** Fills new memory with what is the same in all packets. */
  prepare(ring: MessageRing, dataBytes: number): void;
  attach(stream: ProbeStream, route: Route, lanes: number): void;
  detach(stream: ProbeStream, route: Route): void;
  /** Writes the packet or train that waits at `i`. @param bytes of IP payload of each packet */
  write(lane: Lane, i: number, bytes: number, realtimeNanos: number): void;
  /** Just before the send: what is given out in the order of sending. `unnumber` takes it back, last first. */
  number(lane: Lane, i: number): void;
  unnumber(lane: Lane, i: number): void;
  /** Recognises a packet of ours as the driver saw it, with its link and IP headers. */
  findSent(lane: Lane, ring: MessageRing, i: number, length: number, found: Found): boolean;
  /** Recognises what an ICMP error quotes of a packet of ours. */
  findQuoted(lane: Lane, ring: MessageRing, i: number, length: number, found: Found): boolean;
  /** Reads what came to the socket. */
  read(lane: Lane, ring: MessageRing, i: number, length: number, found: Found): Reading;
}

export function isFromTarget(ring: MessageRing, i: number, routes: readonly Route[]): boolean {
  for (const route of routes) if (ring.isFrom(i, route.name)) return true;
  return false;
}

import type { KeyObject } from "node:crypto";
import type { Protocol, SendOptions } from "../config/path.ts";
import type { Family } from "../kernel/ffi/probe-socket.ts";
import type { ProbeAddress, StreamSizes } from "./commands.ts";
import type { Ledger } from "./ledger.ts";
import type { SizePicker } from "./sizes.ts";
import type { StampSession } from "./stamp-session.ts";
import type { Transport } from "./transport.ts";

/** The way that a stream's packets take from one packet on: to an address, by a transport. */
export interface Route {
  readonly family: Family;
  readonly address: ProbeAddress;
  /** The destination as the kernel wants it, with the port where the protocol has one. */
  readonly sockaddr: Uint8Array;
  /** The same in words. */
  readonly name: Uint32Array;
  readonly transport: Transport;
  /** The first packet that left this way. */
  readonly firstSequence: number;
  /** STAMP: one for each source port, in their order; empty else. */
  sessions: readonly StampSession[];
}

/** One path probed over one protocol, as the worker keeps it. */
export interface ProbeStream {
  readonly slot: number;
  /** What its packets carry: slot and generation, so that a reply to a path that is gone never counts for its successor. */
  readonly mark: number;
  readonly protocol: Protocol;
  /** 0 for icmp. */
  readonly port: number;
  readonly send: SendOptions;
  /** Of authenticated STAMP; null for plain. */
  readonly key: KeyObject | null;
  readonly timeoutNanos: number;
  readonly ledger: Ledger;
  /** The private tally, and its place in shared memory. */
  readonly tally: Float64Array;
  readonly shared: Float64Array;
  allSizes: StreamSizes;
  sizes: SizePicker;
  /** Where it is to go; null while its name does not resolve: nothing is sent. */
  address: ProbeAddress | null;
  /** The ways that packets without a verdict took, oldest first; the last is the one in use. */
  routes: Route[];
  /** The last of them, and the address for which it is the way. */
  current: Route | undefined;
  currentAddress: ProbeAddress | null;
  /** When the kernel is asked for the path MTU again; Infinity for streams that do not need it. */
  mtuDueNanos: number;
  /** When it last took another identifier or source port because nothing came back. */
  rotatedNanos: number;
  /** It is in the engine's list of those that wait for something. */
  listedOpen: boolean;
  /** Its books changed: a verdict may be due. */
  touched: boolean;
  /** Changed since the last publication. */
  dirty: boolean;
}

const SLOT_BITS = 20;

/** The 32 bits that packets carry: 20 of slot, 12 of generation. */
export function streamMark(slot: number, generation: number): number {
  return ((generation << SLOT_BITS) | slot) >>> 0;
}

export function slotOfMark(mark: number): number {
  return mark & ((1 << SLOT_BITS) - 1);
}

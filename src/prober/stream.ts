import type { Family } from "../kernel/ffi/icmp-socket.ts";
import type { Ledger } from "./ledger.ts";
import type { SizePicker } from "./sizes.ts";

/** Where a stream's packets go, as the kernel wants it. */
export interface Destination {
  readonly family: Family;
  /** A sockaddr_in or sockaddr_in6. */
  readonly sockaddr: Uint8Array;
}

/** One path probed over one protocol, as the worker keeps it. */
export interface ProbeStream {
  readonly slot: number;
  /** What its packets carry: slot and generation, so that a reply to a path that is gone never counts for its successor. */
  readonly mark: number;
  readonly ledger: Ledger;
  /** The private tally, and its place in shared memory. */
  readonly tally: Float64Array;
  readonly shared: Float64Array;
  sizes: SizePicker;
  /** Null while its name does not resolve: nothing is sent. */
  destination: Destination | null;
  /** Replies may still be under way from the address before the last change. */
  previousDestination: Destination | null;
  intervalNanos: number;
  /** Its one valid entry in the due queue; others are leftovers. */
  dueNanos: number;
  /** Attempts still to make; Infinity for a path that runs for ever. */
  remaining: number;
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

import type { Size } from "../config/path.ts";
import type { Family } from "../kernel/ffi/icmp-socket.ts";

/** An address to probe; the zone index is that of an IPv6 link-local address, else 0. */
export interface ProbeAddress {
  readonly family: Family;
  readonly address: string;
  readonly zoneIndex: number;
}

/** Sizes of a stream; the index of each names its counters, so a size that is no longer sent keeps its place. */
export interface StreamSizes {
  /** All sizes that the stream ever had. */
  readonly known: readonly Size[];
  /** Indexes of those that are sent now. */
  readonly active: readonly number[];
}

/** What the main thread asks of the worker. */
export type WorkerCommand =
  | {
      readonly type: "add";
      readonly slot: number;
      readonly generation: number;
      readonly address: ProbeAddress | null;
      readonly sizes: StreamSizes;
      readonly ratePerSecond: number;
      readonly timeoutSeconds: number;
      /** Attempts to make; Infinity for a path that runs for ever. */
      readonly count: number;
      /** Room for the RTTs of a one-shot run; the first element counts those behind it. */
      readonly rttLog: SharedArrayBuffer | null;
    }
  | { readonly type: "address"; readonly slot: number; readonly address: ProbeAddress | null }
  | { readonly type: "tune"; readonly slot: number; readonly ratePerSecond: number; readonly sizes: StreamSizes }
  | { readonly type: "remove"; readonly slot: number }
  | { readonly type: "stop" };

/** What the worker tells the main thread. */
export type WorkerEvent =
  /** A descriptor outlives the thread that opened it: the main thread closes it after the worker has gone. */
  | { readonly type: "socket"; readonly family: Family; readonly kind: "datagram" | "raw"; readonly fd: number }
  /** The socket that keeps the kernel's stamping on; a descriptor like those above. */
  | { readonly type: "holding"; readonly fd: number }
  | { readonly type: "denied"; readonly family: Family; readonly message: string }
  /** The slot may be given to another stream. */
  | { readonly type: "removed"; readonly slot: number }
  /** All attempts are made and judged, and their tally is published. */
  | { readonly type: "done"; readonly slot: number };

/** What a worker starts with. */
export interface WorkerStart {
  readonly control: SharedArrayBuffer;
  readonly slots: SharedArrayBuffer;
  /** One word; a change of it wakes the worker to read its commands. */
  readonly wake: SharedArrayBuffer;
  readonly receiveBufferBytes: number;
}

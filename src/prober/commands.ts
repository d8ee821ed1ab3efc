import type { KeyObject } from "node:crypto";
import type { Protocol, SendOptions, Size } from "../config/path.ts";
import type { Family } from "../kernel/ffi/probe-socket.ts";

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

/** How a stream probes, which does not change while it lives. */
export interface StreamKind {
  readonly protocol: Protocol;
  /** 0 for icmp. */
  readonly port: number;
  readonly send: SendOptions;
  /** Of authenticated STAMP; null for plain. */
  readonly key: KeyObject | null;
  readonly timeoutSeconds: number;
}

/** What the main thread asks of the worker. */
export type WorkerCommand =
  | {
      readonly type: "add";
      readonly slot: number;
      readonly generation: number;
      readonly kind: StreamKind;
      readonly address: ProbeAddress | null;
      readonly sizes: StreamSizes;
      readonly ratePerSecond: number;
      /** Attempts to make; Infinity for a path that runs for ever. */
      readonly count: number;
      /** Room for what became of each packet of a one-shot run; see packet-record.ts. */
      readonly record: SharedArrayBuffer | null;
    }
  | { readonly type: "address"; readonly slot: number; readonly address: ProbeAddress | null }
  | { readonly type: "tune"; readonly slot: number; readonly ratePerSecond: number; readonly sizes: StreamSizes }
  | { readonly type: "remove"; readonly slot: number }
  | { readonly type: "stop" };

/** What the worker tells the main thread. */
export type WorkerEvent =
  /** A descriptor outlives the thread that opened it: the main thread closes it after the worker has gone. */
  | { readonly type: "opened"; readonly fd: number }
  | { readonly type: "closed"; readonly fd: number }
  /** Streams of this transport can send, or cannot and why. */
  | { readonly type: "permitted"; readonly transport: string }
  | { readonly type: "denied"; readonly transport: string; readonly message: string }
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
  /** Bytes of receive buffer asked of the kernel for each socket; null: by the rate. */
  readonly receiveBufferBytes: number | null;
}

/** Streams with the same name of transport share sockets. */
export function transportName(
  { protocol, send, authenticated }: { protocol: Protocol; send: SendOptions; authenticated: boolean },
  family: Family,
): string {
  return JSON.stringify([protocol, family, authenticated, send]);
}

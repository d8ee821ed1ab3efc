import { randomAuthenticatedMinBytes } from "../config/path.ts";
import type { StreamSizes, WorkerCommand } from "./commands.ts";
import { Ledger } from "./ledger.ts";
import { createPacketRecorder } from "./packet-record.ts";
import { type SharedTallies, sharedSlot } from "./shared-tallies.ts";
import { createSizePicker, type SizePicker } from "./sizes.ts";
import { type ProbeStream, slotOfMark, streamMark } from "./stream.ts";
import { add, closeBooks, ENGINE } from "./tally.ts";

/** Packets of one stream are remembered for its timeout, and as long again for late replies and duplicates. */
const REMEMBERED_TIMEOUTS = 2;
const REMEMBERED_MORE_SECONDS = 1;
const SHORTEST_MEMORY = 64;

type AddCommand = Extract<WorkerCommand, { type: "add" }>;

/** The streams that the worker probes. */
export class StreamTable {
  private readonly shared: SharedTallies;
  private readonly engine: Float64Array;
  private readonly random: () => number;
  /** Holes where no stream is. */
  private readonly bySlot: (ProbeStream | undefined)[] = [];

  constructor(shared: SharedTallies, engine: Float64Array, random: () => number) {
    this.shared = shared;
    this.engine = engine;
    this.random = random;
  }

  add(command: AddCommand): ProbeStream {
    const { slot, kind } = command;
    const shared = sharedSlot(this.shared, slot);
    const tally = Float64Array.from(shared);
    closeBooks(tally, kind.protocol); // of the worker before this one, if there was any
    const stream: ProbeStream = {
      slot,
      mark: streamMark(slot, command.generation),
      protocol: kind.protocol,
      port: kind.port,
      send: kind.send,
      key: kind.key,
      timeoutNanos: kind.timeoutSeconds * 1e9,
      ledger: this.ledger(tally, command),
      tally,
      shared,
      allSizes: command.sizes,
      sizes: this.picker(command.sizes, kind.key !== null),
      address: command.address,
      routes: [],
      current: undefined,
      currentAddress: null,
      mtuDueNanos: kind.send.df ? 0 : Number.POSITIVE_INFINITY,
      rotatedNanos: 0,
      listedOpen: false,
      touched: false,
      dirty: false,
    };
    this.bySlot[slot] = stream;
    return stream;
  }

  private picker(sizes: StreamSizes, authenticated: boolean): SizePicker {
    return createSizePicker(sizes, this.random, authenticated ? randomAuthenticatedMinBytes : undefined);
  }

  private ledger(
    tally: Float64Array,
    { ratePerSecond, kind: { protocol, timeoutSeconds }, record }: AddCommand,
  ): Ledger {
    const remembered = ratePerSecond * 1.5 * (timeoutSeconds * REMEMBERED_TIMEOUTS + REMEMBERED_MORE_SECONDS);
    const stamps = { transmit: ENGINE.missingTransmitStamps, receive: ENGINE.missingReceiveStamps };
    return new Ledger(tally, {
      timeoutNanos: timeoutSeconds * 1e9,
      capacity: 2 ** Math.ceil(Math.log2(Math.max(SHORTEST_MEMORY, remembered))),
      // A reset of TCP never has one: nothing is wrong.
      missingStamp: (direction) => protocol !== "tcp" && add(this.engine, stamps[direction], 1),
      ...(record && { recorder: createPacketRecorder(record) }),
    });
  }

  resize(stream: ProbeStream, sizes: StreamSizes): void {
    const { mtuBytes } = stream.sizes;
    stream.allSizes = sizes;
    stream.sizes = Object.assign(this.picker(sizes, stream.key !== null), { mtuBytes });
  }

  /** @returns the stream that was there */
  remove(slot: number): ProbeStream | undefined {
    const stream = this.bySlot[slot];
    this.bySlot[slot] = undefined;
    return stream;
  }

  *all(): IterableIterator<ProbeStream> {
    for (const stream of this.bySlot) if (stream) yield stream;
  }

  inSlot(slot: number): ProbeStream | undefined {
    return this.bySlot[slot];
  }

  withMark(mark: number): ProbeStream | undefined {
    const stream = this.bySlot[slotOfMark(mark)];
    return stream?.mark === mark ? stream : undefined;
  }
}

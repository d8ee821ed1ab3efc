import { sockaddr } from "../kernel/ffi/sockaddr.ts";
import type { ProbeAddress, StreamSizes, WorkerCommand } from "./commands.ts";
import { DueQueue } from "./due-queue.ts";
import { Ledger } from "./ledger.ts";
import { jitteredNanos, type Pace } from "./pacing.ts";
import { type SharedTallies, sharedSlot } from "./shared-tallies.ts";
import { createSizePicker, largestPacket } from "./sizes.ts";
import { type Destination, type ProbeStream, slotOfMark, streamMark } from "./stream.ts";
import { add, closeBooks, ENGINE } from "./tally.ts";

/** Packets of one stream are remembered for its timeout, and as long again for late replies and duplicates. */
const REMEMBERED_TIMEOUTS = 2;
const REMEMBERED_MORE_SECONDS = 1;
const SHORTEST_MEMORY = 64;

type AddCommand = Extract<WorkerCommand, { type: "add" }>;

/** The streams that the worker probes, and when each is due. */
export class StreamTable {
  private readonly shared: SharedTallies;
  private readonly engine: Float64Array;
  private readonly random: () => number;
  private readonly bySlot = new Map<number, ProbeStream>();
  private readonly due = new DueQueue();
  /** Undefined after any stream came, went or changed its rate. */
  private knownPace: Pace | undefined;
  /** Largest packet that any stream ever asked for, in bytes of IP payload. */
  largestPacket = 0;

  constructor(shared: SharedTallies, engine: Float64Array, random: () => number) {
    this.shared = shared;
    this.engine = engine;
    this.random = random;
  }

  makeRoom(sizes: StreamSizes): void {
    this.largestPacket = Math.max(this.largestPacket, largestPacket(sizes, 0));
  }

  add(command: AddCommand, nowNanos: number): ProbeStream {
    const { slot, ratePerSecond } = command;
    const shared = sharedSlot(this.shared, slot);
    const tally = Float64Array.from(shared);
    closeBooks(tally); // of the worker before this one, if there was any
    const stream: ProbeStream = {
      slot,
      mark: streamMark(slot, command.generation),
      ledger: this.ledger(tally, command),
      tally,
      shared,
      sizes: createSizePicker(command.sizes, this.random),
      destination: destinationOf(command.address),
      previousDestination: null,
      intervalNanos: 1e9 / ratePerSecond,
      dueNanos: 0,
      remaining: command.count,
      touched: false,
      dirty: false,
    };
    this.bySlot.set(slot, stream);
    this.knownPace = undefined;
    this.schedule(stream, nowNanos + this.random() * stream.intervalNanos);
    return stream;
  }

  private ledger(tally: Float64Array, { ratePerSecond, timeoutSeconds, rttLog }: AddCommand): Ledger {
    const remembered = ratePerSecond * 1.5 * (timeoutSeconds * REMEMBERED_TIMEOUTS + REMEMBERED_MORE_SECONDS);
    const stamps = { transmit: ENGINE.missingTransmitStamps, receive: ENGINE.missingReceiveStamps };
    return new Ledger(tally, {
      timeoutNanos: timeoutSeconds * 1e9,
      capacity: 2 ** Math.ceil(Math.log2(Math.max(SHORTEST_MEMORY, remembered))),
      missingStamp: (direction) => add(this.engine, stamps[direction], 1),
      ...(rttLog && { rttLog: rttAppender(rttLog) }),
    });
  }

  readdress(slot: number, address: ProbeAddress | null): void {
    const stream = this.bySlot.get(slot);
    if (!stream) return;
    stream.previousDestination = stream.destination;
    stream.destination = destinationOf(address);
  }

  tune(slot: number, ratePerSecond: number, sizes: StreamSizes, nowNanos: number): void {
    const stream = this.bySlot.get(slot);
    if (!stream) return;
    this.makeRoom(sizes);
    this.knownPace = undefined;
    stream.intervalNanos = 1e9 / ratePerSecond;
    stream.sizes = createSizePicker(sizes, this.random);
    this.schedule(stream, nowNanos + this.random() * stream.intervalNanos);
  }

  remove(slot: number): void {
    this.knownPace = undefined;
    this.bySlot.delete(slot);
  }

  get pace(): Pace {
    this.knownPace ??= paceOf(this.bySlot.values());
    return this.knownPace;
  }

  all(): IterableIterator<ProbeStream> {
    return this.bySlot.values();
  }

  withMark(mark: number): ProbeStream | undefined {
    const stream = this.bySlot.get(slotOfMark(mark));
    return stream?.mark === mark ? stream : undefined;
  }

  earliestNanos(): number {
    return this.due.earliest();
  }

  /** Takes the next stream that is due; undefined for the leftover of one that was removed or given another pace. */
  takeDue(): ProbeStream | undefined {
    const when = this.due.earliest();
    const stream = this.bySlot.get(this.due.pop());
    return stream?.dueNanos === when ? stream : undefined;
  }

  /** Its next packet comes one jittered interval after `fromNanos`. */
  reschedule(stream: ProbeStream, fromNanos: number): void {
    this.schedule(stream, fromNanos + jitteredNanos(stream.intervalNanos, this.random));
  }

  private schedule(stream: ProbeStream, dueNanos: number): void {
    stream.dueNanos = dueNanos;
    this.due.push(dueNanos, stream.slot);
  }
}

function paceOf(streams: Iterable<ProbeStream>): Pace {
  const pace = { packetsPerSecond: 0, shortestIntervalNanos: Number.POSITIVE_INFINITY };
  for (const { intervalNanos } of streams) {
    pace.packetsPerSecond += 1e9 / intervalNanos;
    pace.shortestIntervalNanos = Math.min(pace.shortestIntervalNanos, intervalNanos);
  }
  return pace;
}

function destinationOf(address: ProbeAddress | null): Destination | null {
  return address && { family: address.family, sockaddr: sockaddr(address.address, address.zoneIndex) };
}

function rttAppender(log: SharedArrayBuffer): (rttSeconds: number) => void {
  const values = new Float64Array(log);
  let count = 0;
  return (rttSeconds) => {
    if (count + 1 >= values.length) return;
    values[++count] = rttSeconds;
    values[0] = count;
  };
}

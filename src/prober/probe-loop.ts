import { GSO_SEGMENTS, protocols } from "../config/path.ts";
import type { Instant, KernelClock } from "../kernel/ffi/clock.ts";
import type { WorkerCommand, WorkerEvent } from "./commands.ts";
import { RecentSpans } from "./doubts.ts";
import { stallBuckets } from "./metrics.ts";
import { coalescingNanos, missedSlots, type Pace, receiveBufferBytes, wakeDelayNanos } from "./pacing.ts";
import { isOpen, Routing } from "./routing.ts";
import { createTallyWriter, type SharedTallies, sharedSlot, type TallyWriter } from "./shared-tallies.ts";
import { stallCauses } from "./stall/attribute.ts";
import type { StallWitness } from "./stall/witness.ts";
import type { ProbeStream } from "./stream.ts";
import { StreamTable } from "./stream-table.ts";
import { add, bucketOf, ENGINE, ENGINE_SLOT, word } from "./tally.ts";
import { Timetable } from "./timetable.ts";
import { Transports } from "./transports.ts";

/** A wake-up that comes later than this is a stall. */
const STALL_NANOS = 5e6;
/** The wall clock is slewed by less than this part of the time that passes (adjtimex allows half of it); more is a step. */
const SLEW_RATIO = 1e-3;
const STEP_NANOS = 5e6;
/** Deadlines of streams that wait for something are looked at this often, replies or not. */
const SWEEP_NANOS = 100e6;
/** What changes slowly is looked at this often: streams that went dark, the path MTU. */
const SLOW_SWEEP_NANOS = 1e9;
const IDLE_NANOS = 1e9;
/** The witness of stalls looks around this often. */
const WITNESS_NANOS = 1e9;

export interface ProbeLoopDeps {
  readonly clock: KernelClock;
  readonly shared: SharedTallies;
  /** Null: by the rate. */
  readonly receiveBufferBytes: number | null;
  readonly random: () => number;
  /** Of the thread that runs the loop. */
  readonly witness: StallWitness;
  readonly emit: (event: WorkerEvent) => void;
}

/**
 * The engine's rounds: send what is due, read what came, judge, publish, and say how long to sleep. It runs in a worker
 * thread, so nothing that the main thread does delays it.
 */
export class ProbeLoop {
  private readonly deps: ProbeLoopDeps;
  private readonly writer: TallyWriter;
  private readonly engine: { readonly tally: Float64Array; readonly shared: Float64Array };
  private readonly streams: StreamTable;
  private readonly timetable: Timetable;
  private readonly transports: Transports;
  private readonly routing: Routing;
  private readonly stalls = new RecentSpans();
  private touched: ProbeStream[] = [];
  private dirty: ProbeStream[] = [];
  private readonly now: Instant = { monotonicNanos: 0, realtimeNanos: 0 };
  private offsetNanos: number;
  private steppedNanos = 0;
  private sweptNanos = 0;
  private witnessedNanos = 0;
  private sweptSlowlyNanos = 0;
  private sizedFor: Pace | undefined;
  /** Streams with something in flight. */
  private open: ProbeStream[] = [];
  /** When this round was meant to begin. */
  private plannedNanos: number;

  constructor(deps: ProbeLoopDeps) {
    const { clock, shared, random } = deps;
    this.deps = deps;
    this.writer = createTallyWriter(shared);
    const engineSlot = sharedSlot(shared, ENGINE_SLOT);
    this.engine = { tally: Float64Array.from(engineSlot), shared: engineSlot };
    this.streams = new StreamTable(shared, this.engine.tally, random);
    this.timetable = new Timetable(random);
    this.transports = new Transports(
      {
        ...deps,
        engine: this.engine.tally,
        stalls: this.stalls,
        streamOf: (mark) => this.streams.withMark(mark),
        touched: (stream) => this.touch(stream),
        learnedMtu: (stream, bytes) => this.routing.learnedMtu(stream, bytes),
      },
      deps.receiveBufferBytes ?? receiveBufferBytes(this.timetable.pace),
    );
    this.routing = new Routing(this.transports);
    clock.read(this.now);
    this.offsetNanos = this.now.realtimeNanos - this.now.monotonicNanos;
    this.plannedNanos = this.now.monotonicNanos;
  }

  apply(command: Exclude<WorkerCommand, { type: "stop" }>): void {
    switch (command.type) {
      case "add":
        this.add(command);
        break;
      case "address":
        this.readdress(command);
        break;
      case "tune":
        this.tune(command);
        break;
      case "remove":
        this.remove(command.slot);
    }
  }

  /** The way is opened before the stream's clock starts: what a socket costs is not the first packet's delay. */
  private add(command: Extract<WorkerCommand, { type: "add" }>): void {
    const { clock } = this.deps;
    const { slot, ratePerSecond, count } = command;
    const stream = this.streams.add(command);
    this.routing.of(stream, clock.monotonicNanos());
    this.timetable.set(slot, 1e9 / ratePerSecond, count, clock.monotonicNanos());
    this.touch(stream);
  }

  private readdress({ slot, address }: Extract<WorkerCommand, { type: "address" }>): void {
    const stream = this.streams.inSlot(slot);
    if (stream) stream.address = address;
  }

  private tune({ slot, ratePerSecond, sizes }: Extract<WorkerCommand, { type: "tune" }>): void {
    const stream = this.streams.inSlot(slot);
    if (!stream) return;
    this.streams.resize(stream, sizes);
    this.timetable.set(slot, 1e9 / ratePerSecond, this.timetable.left(slot), this.deps.clock.monotonicNanos());
    const route = stream.routes.at(-1);
    if (route) this.routing.makeRoom(stream, route);
  }

  /** What one round may gather, and what the sockets have to hold, depend on what all streams send together. */
  private coalescing(): number {
    const { pace } = this.timetable;
    if (pace !== this.sizedFor) {
      this.sizedFor = pace;
      this.transports.wantReceiveBuffer(this.deps.receiveBufferBytes ?? receiveBufferBytes(pace));
    }
    return coalescingNanos(pace);
  }

  /** Nothing is written to its slot any more once the main thread hears of it. */
  private remove(slot: number): void {
    const stream = this.streams.remove(slot);
    this.timetable.remove(slot);
    if (stream) this.routing.end(stream);
    this.touched = this.touched.filter((stream) => stream.slot !== slot);
    this.dirty = this.dirty.filter((stream) => stream.slot !== slot);
    this.open = this.open.filter((stream) => stream.slot !== slot);
    this.deps.emit({ type: "removed", slot });
  }

  /** One round. @returns milliseconds to sleep until the next */
  round(): number {
    const { clock, random } = this.deps;
    this.readClocks();
    const coalescing = this.coalescing();
    this.sendDue(coalescing);
    for (const transport of this.transports.all) transport.drain(this.offsetNanos, this.steppedNanos);
    this.judge();
    this.publish();
    const after = clock.monotonicNanos();
    this.noteStall(this.now.monotonicNanos, after); // who freezes us does not wait until we sleep
    const wake = Math.max(this.timetable.earliestNanos(), after) + wakeDelayNanos(coalescing, random);
    this.plannedNanos = Math.min(wake, after + (this.open.length > 0 ? SWEEP_NANOS : IDLE_NANOS));
    return (this.plannedNanos - after) / 1e6;
  }

  /** Notices that we were not run in time, and that somebody set the wall clock. */
  private readClocks(): void {
    const before = this.now.monotonicNanos;
    this.deps.clock.read(this.now);
    const { monotonicNanos, realtimeNanos } = this.now;
    this.noteStall(this.plannedNanos, monotonicNanos);
    if (monotonicNanos - this.witnessedNanos > WITNESS_NANOS) {
      this.witnessedNanos = monotonicNanos;
      this.deps.witness.sweep(monotonicNanos);
    }
    const offset = realtimeNanos - monotonicNanos;
    if (Math.abs(offset - this.offsetNanos) > STEP_NANOS + (monotonicNanos - before) * SLEW_RATIO) {
      this.steppedNanos = monotonicNanos;
    }
    this.offsetNanos = offset;
  }

  /** Time in which nothing was sent or read, if it is long enough to be called a stall. */
  private noteStall(fromNanos: number, untilNanos: number): void {
    const nanos = untilNanos - fromNanos;
    if (nanos <= STALL_NANOS) return;
    const { tally } = this.engine;
    this.stalls.add(fromNanos, untilNanos);
    add(tally, ENGINE.stall + bucketOf(stallBuckets, nanos / 1e9), 1);
    add(tally, ENGINE.stallSum, nanos / 1e9);
    const cause = this.deps.witness.causeOf(fromNanos, untilNanos);
    add(tally, ENGINE.stalledSeconds + stallCauses.indexOf(cause), nanos / 1e9);
    tally[ENGINE.longestStallNanos] = Math.max(nanos, word(tally, ENGINE.longestStallNanos));
  }

  private sendDue(coalescing: number): void {
    const now = this.now.monotonicNanos;
    const { timetable } = this;
    while (timetable.earliestNanos() <= now) {
      const slot = timetable.take();
      const stream = slot < 0 ? undefined : this.streams.inSlot(slot);
      if (!stream) continue;
      const due = timetable.dueNanos(slot);
      const interval = timetable.intervalNanos(slot);
      const missed = missedSlots(now - due, interval, coalescing);
      let packets = 1;
      if (stream.address && timetable.left(slot) > 0) {
        if (missed > 0) this.countLateSends(stream, missed);
        packets = this.sendOne(stream);
      }
      if (timetable.left(slot) > 0) timetable.reschedule(slot, due + missed * interval, packets);
    }
    for (const transport of this.transports.all) transport.flush();
  }

  /** @returns packets that left, or whose turn it was */
  private sendOne(stream: ProbeStream): number {
    const now = this.now.monotonicNanos;
    const route = this.routing.of(stream, now);
    if (!route) return 1;
    if (!stream.ledger.hasRoom(GSO_SEGMENTS)) {
      this.countLateSends(stream, 1);
      return 1;
    }
    stream.sizes.pick();
    const packets = route.transport.put(stream, route, now, this.timetable.left(stream.slot));
    this.timetable.made(stream.slot, packets);
    this.touch(stream);
    if (route.transport.batchFull) {
      route.transport.flush();
      route.transport.drain(this.offsetNanos, this.steppedNanos);
    }
    return packets;
  }

  private countLateSends({ protocol }: ProbeStream, slots: number): void {
    add(this.engine.tally, ENGINE.lateSends + protocols.indexOf(protocol), slots);
  }

  private touch(stream: ProbeStream): void {
    if (stream.touched) return;
    stream.touched = true;
    this.touched.push(stream);
  }

  private judge(): void {
    const now = this.now.monotonicNanos;
    this.sweepSlowly(now);
    if (now - this.sweptNanos > SWEEP_NANOS) {
      this.sweptNanos = now;
      const { open } = this;
      this.open = [];
      for (const stream of open) {
        stream.listedOpen = false;
        this.touch(stream);
      }
    }
    for (const stream of this.touched) {
      stream.touched = false;
      this.routing.judge(stream, now, this.timetable.left(stream.slot) === 0);
      if (isOpen(stream)) this.listOpen(stream);
      if (stream.dirty) continue;
      stream.dirty = true;
      this.dirty.push(stream);
    }
    this.touched.length = 0;
  }

  /** It waits for a reply, or for its deadline. */
  private listOpen(stream: ProbeStream): void {
    if (stream.listedOpen) return;
    stream.listedOpen = true;
    this.open.push(stream);
  }

  private sweepSlowly(now: number): void {
    if (now - this.sweptSlowlyNanos < SLOW_SWEEP_NANOS) return;
    this.sweptSlowlyNanos = now;
    for (const stream of this.streams.all()) {
      this.routing.rotateWhenDark(stream, now);
      this.routing.checkMtu(stream, now);
    }
  }

  private publish(): void {
    if (!this.writer.publish(this.engine, this.dirty, this.now.monotonicNanos)) return;
    for (const stream of this.dirty) {
      stream.dirty = false;
      if (this.timetable.left(stream.slot) === 0 && !isOpen(stream))
        this.deps.emit({ type: "done", slot: stream.slot });
    }
    this.dirty.length = 0;
  }
}

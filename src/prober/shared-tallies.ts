import { RARE_FROM, SLOT_WORDS, STREAM } from "./tally.ts";

/**
 * Tallies of one worker, read by the main thread under a sequence lock: the worker makes the sequence odd, writes, makes it
 * even again; a reader that saw it odd or changed reads once more. One snapshot covers all slots.
 */
export interface SharedTallies {
  /** Sequence, hold flag, fence: see the indexes below. */
  readonly control: SharedArrayBuffer;
  /** Slots of SLOT_WORDS doubles; grows, never shrinks. */
  readonly slots: SharedArrayBuffer;
}

const SEQUENCE = 0;
const HOLD = 1;
const FENCE = 2;
const CONTROL_WORDS = 3;

const SLOT_BYTES = SLOT_WORDS * 8;
const MAX_SLOTS = 131_072;
const READ_TRIES = 3;
/** A reader that died while holding must not silence the worker for ever. */
const LONGEST_HOLD_NANOS = 200e6;

export function createSharedTallies(): SharedTallies {
  return {
    control: new SharedArrayBuffer(CONTROL_WORDS * 4),
    slots: new SharedArrayBuffer(16 * SLOT_BYTES, { maxByteLength: MAX_SLOTS * SLOT_BYTES }),
  };
}

/** Makes room for `count` slots. Only the main thread calls it. @throws RangeError beyond 131,072 */
export function ensureSlots(shared: SharedTallies, count: number): void {
  const needed = count * SLOT_BYTES;
  if (needed <= shared.slots.byteLength) return;
  if (count > MAX_SLOTS) throw new RangeError(`at most ${MAX_SLOTS - 1} probe streams`);
  shared.slots.grow(Math.min(MAX_SLOTS * SLOT_BYTES, Math.max(needed, shared.slots.byteLength * 2)));
}

/** One slot as the shared memory has it. */
export function sharedSlot(shared: SharedTallies, slot: number): Float64Array {
  return new Float64Array(shared.slots, slot * SLOT_BYTES, SLOT_WORDS);
}

/** After the worker died: if it was writing, it left the sequence odd. */
export function mendSequence(shared: SharedTallies): void {
  const control = new Int32Array(shared.control);
  if ((Atomics.load(control, SEQUENCE) & 1) === 1) Atomics.add(control, SEQUENCE, 1);
}

export interface TallyWriter {
  /**
   * Copies private tallies to their shared slots as one change.
   * @returns false where a reader asked to wait: the caller keeps its list and tries again next round
   */
  publish(engine: TallyPair, streams: readonly TallyPair[], nowNanos: number): boolean;
}

/** A private tally and its place in shared memory. */
export interface TallyPair {
  readonly tally: Float64Array;
  readonly shared: Float64Array;
}

/** Rare words are most of a tally: copying them each time would cost more than all the rest of a packet's bookkeeping. */
function publishStream({ tally, shared }: TallyPair): void {
  if (tally[STREAM.rareChanges] !== shared[STREAM.rareChanges]) {
    shared.set(tally);
    return;
  }
  for (let at = 0; at < RARE_FROM; at++) shared[at] = tally[at] as number;
}

export function createTallyWriter(shared: SharedTallies): TallyWriter {
  const control = new Int32Array(shared.control);
  let heldSince = 0;
  return {
    publish(engine, streams, nowNanos) {
      if (Atomics.load(control, HOLD) === 1) {
        if (heldSince === 0) heldSince = nowNanos;
        if (nowNanos - heldSince < LONGEST_HOLD_NANOS) return false;
        Atomics.store(control, HOLD, 0);
      }
      heldSince = 0;
      Atomics.add(control, SEQUENCE, 1);
      // On arm64 a plain store may pass the store half of the addition; a load with acquire semantics stops it.
      Atomics.load(control, SEQUENCE);
      engine.shared.set(engine.tally);
      for (const stream of streams) publishStream(stream);
      Atomics.add(control, SEQUENCE, 1);
      return true;
    },
  };
}

/**
 * All slots as of one moment. After some collisions it asks the worker to hold its next write, so that a living worker
 * cannot starve it.
 * @param deadline stops a reader whose writer died, or is not scheduled, in the middle of a write
 * @returns null when the deadline passed
 */
export function readSnapshot(shared: SharedTallies, slotCount: number, deadline: () => boolean): Float64Array | null {
  const control = new Int32Array(shared.control);
  const source = new Float64Array(shared.slots, 0, slotCount * SLOT_WORDS);
  const copy = new Float64Array(source.length);
  try {
    for (let attempt = 1; !deadline(); attempt++) {
      if (attempt > READ_TRIES) Atomics.store(control, HOLD, 1);
      const before = Atomics.load(control, SEQUENCE);
      if ((before & 1) === 1) continue;
      copy.set(source);
      // The release half of this store keeps the copy above it; the load below then sees any write that began meanwhile.
      Atomics.store(control, FENCE, attempt);
      if (Atomics.load(control, SEQUENCE) === before) return copy;
    }
    return null;
  } finally {
    Atomics.store(control, HOLD, 0);
  }
}

import { COUNT_WORDS } from "./counts.ts";

/**
 * Counts of the worker, read by the main thread under a sequence lock: odd while the worker writes; a reader that saw it odd
 * or changed reads once more.
 */
export interface SharedCounts {
  readonly sequence: SharedArrayBuffer;
  readonly words: SharedArrayBuffer;
}

const FENCE = 1;
/** A writer is at it for some hundred nanoseconds, at most a few times a millisecond. */
const READ_TRIES = 1000;

export function createSharedCounts(): SharedCounts {
  return { sequence: new SharedArrayBuffer(8), words: new SharedArrayBuffer(COUNT_WORDS * 8) };
}

export function createCountsWriter({ sequence, words }: SharedCounts): (counts: Float64Array) => void {
  const control = new Int32Array(sequence);
  const target = new Float64Array(words);
  return (counts) => {
    Atomics.add(control, 0, 1);
    // On arm64 a plain store may pass the store half of the addition; a load with acquire semantics stops it.
    Atomics.load(control, 0);
    target.set(counts);
    Atomics.add(control, 0, 1);
  };
}

/** All counts as of one moment; undefined where the writer died, or is not scheduled, in the middle of a write. */
export function readCounts({ sequence, words }: SharedCounts): Float64Array | undefined {
  const control = new Int32Array(sequence);
  const copy = new Float64Array(COUNT_WORDS);
  for (let attempt = 1; attempt <= READ_TRIES; attempt++) {
    const before = Atomics.load(control, 0);
    if ((before & 1) === 1) continue;
    copy.set(new Float64Array(words));
    // The release half of this store keeps the copy above it.
    Atomics.store(control, FENCE, attempt);
    if (Atomics.load(control, 0) === before) return copy;
  }
  return undefined;
}

/** After the worker died: if it was writing, it left the sequence odd. */
export function mendCounts({ sequence }: SharedCounts): void {
  const control = new Int32Array(sequence);
  if ((Atomics.load(control, 0) & 1) === 1) Atomics.add(control, 0, 1);
}

/** Where a worker that takes over goes on. */
export function countsSoFar({ words }: SharedCounts): Float64Array {
  return Float64Array.from(new Float64Array(words));
}

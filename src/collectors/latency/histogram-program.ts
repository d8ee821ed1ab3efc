import {
  addTo,
  compute,
  type Instruction,
  jumpIf,
  label,
  monotonicNanos,
  move,
  store,
} from "../../kernel/bpf/instructions.ts";
import { BUCKETS } from "./metrics.ts";

/** A value of a map that holds a histogram: counts of the buckets and of what is above them, their sum, and when a wait began. */
export const SUM_WORD = BUCKETS + 1;
export const SINCE_WORD = BUCKETS + 2;
export const HISTOGRAM_WORDS = BUCKETS + 3;
export const SUM = 8 * SUM_WORD;
export const SINCE = 8 * SINCE_WORD;

/** Bounds are powers of two times 1,024 ns. */
const UNIT_SHIFT = 10;

/** Adds r7, nanoseconds, to the histogram at r6; uses r1, r2 and r8. */
function addToHistogram(): Instruction[] {
  return [
    ...addTo("r6", SUM, "r7", "r2"),
    move("r8", 0),
    jumpIf("r7", "==", 0, "bucket"),
    // A bound belongs to its own bucket: ⌈ns / 1,024⌉ ≤ 2^i.
    compute("subtract", "r7", 1),
    compute("shiftRight", "r7", UNIT_SHIFT),
    jumpIf("r7", "==", 0, "bucket"),
    move("r8", BUCKETS),
    jumpIf("r7", ">=", 2 ** (BUCKETS - 1), "bucket"),
    move("r8", 1),
    ...[16, 8, 4, 2, 1].flatMap(addLogarithm),
    jumpIf("r8", "<=", BUCKETS, "bucket"),
    move("r8", BUCKETS),
    label("bucket"),
    compute("shiftLeft", "r8", 3),
    compute("add", "r8", "r6"),
    ...addTo("r8", 0, 1, "r2"),
  ];
}

/** Ends the wait of the histogram at r6, which began at r7, and adds it; uses r0 to r2 and r8. */
export function endOfWait(): Instruction[] {
  return [
    store("r6", SINCE, 0),
    monotonicNanos(),
    compute("subtract", "r0", "r7"),
    move("r7", "r0"),
    ...addToHistogram(),
  ];
}

/** A step of the binary logarithm: where r7 is at least 2^n, n is in it. */
function addLogarithm(n: number): Instruction[] {
  return [
    jumpIf("r7", "<", 2 ** n, `below ${n}`),
    compute("add", "r8", n),
    compute("shiftRight", "r7", n),
    label(`below ${n}`),
  ];
}

import type { Rise } from "./attribute.ts";

export interface MeterOptions<R> {
  /** Reads what is counted; undefined where the machine does not tell. Must not throw. */
  readonly read: () => R | undefined;
  /** By how much it rose from one reading to a later one; undefined where the two cannot be compared. */
  readonly riseOf: (before: R, after: R) => number | undefined;
}

/** A counter of the kernel, looked at now and then, so that one can say how much of its rise belongs to a stall. */
export interface Meter {
  /** Remembers what it says now, when no stall lies between this look and the last. */
  look(nowNanos: number): void;
  /** How much it rose since the last look. This is a look, too. @returns undefined where that cannot be told */
  riseUntil(fromNanos: number, toNanos: number): Rise | undefined;
}

/** What a counter does without stalls is learned over this long. */
const MEMORY_NANOS = 10e9;

export function createMeter<R>({ read, riseOf }: MeterOptions<R>): Meter {
  let last: R | undefined;
  let lookedNanos = Number.NEGATIVE_INFINITY;
  let ratePerNano = 0;
  let learnedNanos = 0;

  /** @returns by how much it rose since the last time */
  function take(nowNanos: number): number | undefined {
    const before = last;
    last = read();
    lookedNanos = nowNanos;
    const rise = before === undefined || last === undefined ? undefined : riseOf(before, last);
    return rise === undefined || rise < 0 ? undefined : rise; // a counter that went back was started anew
  }

  return {
    look(nowNanos) {
      const elapsed = nowNanos - lookedNanos;
      const rise = take(nowNanos);
      if (rise === undefined || elapsed <= 0) return;
      learnedNanos = Math.min(learnedNanos + elapsed, MEMORY_NANOS);
      ratePerNano += (rise / elapsed - ratePerNano) * Math.min(1, elapsed / learnedNanos);
    },
    riseUntil(fromNanos, toNanos) {
      const before = Math.max(0, fromNanos - lookedNanos);
      const total = take(toNanos);
      return total === undefined ? undefined : { total, elsewhere: before * ratePerNano };
    },
  };
}

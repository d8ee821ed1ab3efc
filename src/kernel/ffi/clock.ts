import { libc, nativeBytes } from "./libc.ts";

const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;

const clockGettime: (clock: number, timespec: Uint8Array) => number = libc.func("int clock_gettime(int, void *)");

/** One instant on both clocks, in nanoseconds. */
export interface Instant {
  /** Since boot; stands still while the machine is suspended. */
  monotonicNanos: number;
  /** Since `baseSeconds` of the clock; steps when the wall clock is set. */
  realtimeNanos: number;
}

/** Reads the clocks that the kernel stamps packets with. Nanoseconds since 1970 do not fit a double, so they count from a base. */
export interface KernelClock {
  /** Seconds since 1970 from which `realtimeNanos` counts. */
  readonly baseSeconds: number;
  monotonicNanos(): number;
  /** Both clocks as of one moment, written to `into`. */
  read(into: Instant): void;
}

/** A pair of readings further apart than this was interrupted between the two, and is taken again. */
const PAIR_NANOS = 50_000;
const PAIR_TRIES = 5;

export function createKernelClock(): KernelClock {
  const timespec = nativeBytes(16);
  // struct timespec of 64-bit Linux: two 64-bit words, little-endian; the low halves hold seconds until 2106.
  const words = new Uint32Array(timespec.buffer, 0, 4);

  function read(clock: number, baseSeconds: number): number {
    clockGettime(clock, timespec);
    return ((words[0] as number) - baseSeconds) * 1e9 + (words[2] as number);
  }

  clockGettime(CLOCK_REALTIME, timespec);
  const baseSeconds = words[0] as number;
  return {
    baseSeconds,
    monotonicNanos: () => read(CLOCK_MONOTONIC, 0),
    read(into) {
      for (let attempt = 0; attempt < PAIR_TRIES; attempt++) {
        const before = read(CLOCK_MONOTONIC, 0);
        into.realtimeNanos = read(CLOCK_REALTIME, baseSeconds);
        into.monotonicNanos = read(CLOCK_MONOTONIC, 0);
        if (into.monotonicNanos - before < PAIR_NANOS) return;
      }
    },
  };
}

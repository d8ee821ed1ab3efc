import { closeSync, openSync, readSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { libc, nativeBytes } from "../../kernel/ffi/libc.ts";
import { standSentinel } from "./sentinel.ts";

/** A file of the kernel's that is read again and again. */
export interface WatchedFile {
  /** Its text as of now; undefined where the kernel gives none any more. */
  read(): string | undefined;
  close(): void;
}

/** What a witness needs of the machine, as the thread that it watches sees it. */
export interface StallMachine {
  /** @param bytes of it that matter. @returns undefined where it does not exist or we may not */
  open(path: string, bytes?: number): WatchedFile | undefined;
  /** Time that the machine has been suspended since it booted. */
  suspendedNanos(): number;
  /** CPU time of this thread. */
  threadCpuNanos(): number;
  /** Number of the CPU that this thread runs on. */
  currentCpu(): number;
  /** Directory under /proc of the thread that only a stop wakes; undefined where it could not be made. */
  readonly sentinel: string | undefined;
  /** Milliseconds of a clock that costs next to nothing. */
  stopwatch(): number;
}

const CLOCK_MONOTONIC = 1;
const CLOCK_THREAD_CPUTIME_ID = 3;
const CLOCK_BOOTTIME = 7;
const FILE_BYTES = 4096;
/** Two readings further apart than this were interrupted, and are taken again. */
const PAIR_NANOS = 50_000;
const PAIR_TRIES = 3;

const clockGettime: (clock: number, timespec: Uint8Array) => number = libc.func("int clock_gettime(int, void *)");
const getCpu: () => number = libc.func("int sched_getcpu(void)");

/** The machine as the calling thread sees it: another thread's witness needs its own. */
export function createStallMachine(): StallMachine {
  const timespec = nativeBytes(16);
  const words = new Uint32Array(timespec.buffer, 0, 4);

  function read(clock: number): number {
    clockGettime(clock, timespec);
    return (words[0] as number) * 1e9 + (words[2] as number);
  }

  return {
    open: openWatched,
    suspendedNanos() {
      let suspended = 0;
      for (let attempt = 0; attempt < PAIR_TRIES; attempt++) {
        const before = read(CLOCK_MONOTONIC);
        suspended = read(CLOCK_BOOTTIME) - before;
        if (read(CLOCK_MONOTONIC) - before < PAIR_NANOS) break;
      }
      return suspended;
    },
    threadCpuNanos: () => read(CLOCK_THREAD_CPUTIME_ID),
    currentCpu: getCpu,
    sentinel: standSentinel(),
    stopwatch: () => performance.now(),
  };
}

/** The kernel makes the text anew for each read from the start, so the descriptor stays open. */
function openWatched(path: string, bytes = FILE_BYTES): WatchedFile | undefined {
  const fd = attempt(() => openSync(path, "r"));
  if (fd === undefined) return undefined;
  const buffer = Buffer.alloc(bytes);
  return {
    read: () => attempt(() => buffer.toString("latin1", 0, readSync(fd, buffer, 0, bytes, 0))),
    close: () => attempt(() => closeSync(fd)),
  };
}

/** What the kernel refuses is not known: whoever asks goes on without. */
function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

import { attributeStall, type StallCause } from "./attribute.ts";
import type { StallMachine } from "./machine.ts";
import { createMeter, type Meter } from "./meter.ts";
import { createPace } from "./pace.ts";
import { parseSchedule, parseStealNanos, STEAL_TICK_NANOS } from "./parse.ts";
import { createThrottlingReader, throttledRise } from "./throttling.ts";

/** Tells what froze the engine's thread. Made and asked in that thread alone; never throws. */
export interface StallWitness {
  /** Looks around, for stalls to be held against. Call it about once a second, after `causeOf` where there was a stall. */
  sweep(nowNanos: number): void;
  /** What kept us from running; to be asked at once. Both moments are monotonic nanoseconds. */
  causeOf(fromNanos: number, toNanos: number): StallCause;
}

/**
 * CPU seconds that looking may cost in each second without stalls. /proc/stat has its own share: with a hundred CPUs it costs
 * half a millisecond, and what is told of this thread alone should not become old for it.
 */
const OWN_SHARE = 40e-6;
const STEAL_SHARE = 20e-6;
/** Longer than the rows of a thousand CPUs. */
const STAT_BYTES = 1 << 17;

interface StealReading {
  readonly text: string;
  readonly cpu: number;
}

/** @param machine opened in the thread that is watched */
export function createStallWitness(machine: StallMachine): StallWitness {
  const stat = machine.open("/proc/stat", STAT_BYTES);
  const schedule = machine.open("/proc/thread-self/schedstat");
  const sentinel = machine.sentinel === undefined ? undefined : machine.open(`${machine.sentinel}/schedstat`);
  const own = {
    suspended: createMeter({ read: machine.suspendedNanos, riseOf: difference }),
    ran: createMeter({ read: machine.threadCpuNanos, riseOf: difference }),
    waited: createMeter({ read: () => parseSchedule(schedule?.read() ?? "")?.waitedNanos, riseOf: difference }),
    stops: createMeter({ read: () => parseSchedule(sentinel?.read() ?? "")?.runs, riseOf: difference }),
    throttled: createMeter({ read: createThrottlingReader(machine), riseOf: throttledRise }),
  };
  const steal = createMeter({ read: () => readSteal(stat?.read(), machine.currentCpu()), riseOf: stealRise });
  const ownMeters = Object.values(own);
  const lookAtOwn = (nowNanos: number) => {
    for (const meter of ownMeters) meter.look(nowNanos);
  };
  const paces = [
    createPace(lookAtOwn, OWN_SHARE, machine.stopwatch),
    createPace(steal.look, STEAL_SHARE, machine.stopwatch),
  ];

  return {
    sweep(nowNanos) {
      for (const pace of paces) pace.step(nowNanos);
    },
    causeOf(fromNanos, toNanos) {
      const of = (meter: Meter) => meter.riseUntil(fromNanos, toNanos);
      const evidence = {
        suspended: of(own.suspended),
        ran: of(own.ran),
        waited: of(own.waited),
        stops: of(own.stops),
        throttled: of(own.throttled),
        steal: of(steal),
      };
      return attributeStall(toNanos - fromNanos, evidence, STEAL_TICK_NANOS);
    },
  };
}

function difference(before: number, after: number): number {
  return after - before;
}

function readSteal(text: string | undefined, cpu: number): StealReading | undefined {
  return text === undefined ? undefined : { text, cpu };
}

/**
 * Of the CPU that we are on and the one that we were on: a sleeper's timer is on the CPU where it fell asleep, and it is
 * woken wherever there is room. Other CPUs are others' trouble: among many, one is always stolen.
 */
function stealRise(before: StealReading, after: StealReading): number | undefined {
  const rises = [...new Set([before.cpu, after.cpu])]
    .map((cpu) => (parseStealNanos(after.text, cpu) ?? Number.NaN) - (parseStealNanos(before.text, cpu) ?? Number.NaN))
    .filter((rise) => rise >= 0);
  return rises.length === 0 ? undefined : Math.max(...rises);
}

/** What kept the engine from running in time. */
export const stallCauses = [
  /** The CPU quota of our cgroup was used up. */
  "throttled",
  /** The whole process was stopped: SIGSTOP, a debugger, a frozen cgroup. */
  "stopped",
  /** The machine slept. */
  "suspended",
  /** The hypervisor ran something else on our vCPU. */
  "steal",
  /** Runnable, but another task had the CPU. */
  "contended",
  /** The engine's own thread was running: work of ours that took too long. */
  "busy",
  "unknown",
] as const;
export type StallCause = (typeof stallCauses)[number];

/** By how much a counter rose from some moment before a stall until its end. */
export interface Rise {
  readonly total: number;
  /** The part of it to be expected before the stall began, by what the counter does without stalls. */
  readonly elsewhere: number;
}

/** Times in nanoseconds; undefined where this machine does not tell. */
export interface StallEvidence {
  /** By how much the clock that goes on in suspend left the other one behind. */
  readonly suspended: Rise | undefined;
  /** CPU time of the engine's thread. */
  readonly ran: Rise | undefined;
  /** Time that it was runnable and not run. */
  readonly waited: Rise | undefined;
  /** Times that a thread ran that is only ever woken to be stopped and continued. */
  readonly stops: Rise | undefined;
  /** Time that the quota of our cgroup, or of one above it, kept its tasks from running. */
  readonly throttled: Rise | undefined;
  /** Time that the hypervisor took from our CPU. */
  readonly steal: Rise | undefined;
}

/** How many times faster than usual a counter may rise for a second or two without meaning anything. */
const GUST = 2;
/** Steal is more uneven than the rest, and to blame the hypervisor wrongly is worse than not to know. */
const STEAL_GUST = 3;
/** A suspend that is worth its name; reading two clocks one after the other is off by less. */
const SUSPEND_NANOS = 100e6;

/**
 * What one stall was caused by: a cause is named only where it explains at least half of it. Where several do, the order says
 * which one: first what is certain, then what explains the others.
 * - A suspended machine also freezes its processes, so `suspended` comes before `stopped`.
 * - Who runs or is runnable was not stopped, so `busy` and the wait decide before `stopped`; a stop is certain otherwise.
 * - A throttled task and one on a stolen CPU are runnable too, so `throttled` and `steal` come before `contended`.
 * - Quota before steal: its counter is exact, steal is told in ticks that are as long as a short stall.
 * @param stealTickNanos what steal is counted in
 */
export function attributeStall(stallNanos: number, evidence: StallEvidence, stealTickNanos: number): StallCause {
  const { suspended, ran, waited, stops, throttled, steal } = evidence;
  const most = stallNanos / 2;
  const runnable = certain(waited) >= most;
  if (likely(suspended) >= SUSPEND_NANOS) return "suspended";
  if (certain(ran) >= most) return "busy";
  if (stops && stops.total > 0 && likely(ran) + likely(waited) < most) return "stopped";
  if (certain(throttled) >= most && (runnable || !waited)) return "throttled";
  if (certain(steal, STEAL_GUST) - stealTickNanos >= most) return "steal";
  // A tick too many may be rounding. It is evidence where nothing else kept us, and where steal is so rare here that the
  // time before the stall would not have brought a tick.
  if (steal && waited && likely(waited) < most && steal.elsewhere < stealTickNanos / 10 && likely(steal) >= most) {
    return "steal";
  }
  return runnable ? "contended" : "unknown";
}

function likely(rise: Rise | undefined): number {
  return rise ? rise.total - rise.elsewhere : 0;
}

/** What goes on all the time explains no stall; it is taken off several times, because it comes in gusts. */
function certain(rise: Rise | undefined, gust = GUST): number {
  return rise ? rise.total - gust * rise.elsewhere : 0;
}

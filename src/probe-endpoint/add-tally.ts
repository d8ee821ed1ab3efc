import { burstBuckets } from "../prober/metrics.ts";
import { add, bucketOf, judgedPackets, SLOT_WORDS, STREAM, word } from "../prober/tally.ts";

/** Words that are no counts. */
const states: ReadonlySet<number> = new Set([
  STREAM.openRunSince,
  STREAM.openRunPackets,
  STREAM.longestRun,
  STREAM.refusedRun,
  STREAM.lastSendError,
  STREAM.pathMtu,
]);

/** Adds a later run's tally to those before it: counts add up, and what describes a moment is the later one's. */
export function addTally(sum: Float64Array, run: Float64Array): void {
  for (let at = 0; at < SLOT_WORDS; at++) if (!states.has(at)) add(sum, at, word(run, at));
  sum[STREAM.longestRun] = Math.max(word(sum, STREAM.longestRun), word(run, STREAM.longestRun));
  for (const at of [STREAM.lastSendError, STREAM.pathMtu]) if (word(run, at) > 0) sum[at] = word(run, at);
  sum[STREAM.refusedRun] = word(run, STREAM.refusedRun);
  addOpenRun(sum, run);
}

/** A target from which nothing came since an earlier run has been silent since then. */
function addOpenRun(sum: Float64Array, run: Float64Array): void {
  if (judgedPackets(run) === 0) return;
  const goesOn = word(run, STREAM.received) === 0 && word(sum, STREAM.openRunSince) > 0;
  sum[STREAM.openRunPackets] = word(run, STREAM.openRunPackets) + (goesOn ? word(sum, STREAM.openRunPackets) : 0);
  if (!goesOn) sum[STREAM.openRunSince] = word(run, STREAM.openRunSince);
}

/** No packet follows the last one of a run: what is lost at its end is a burst like any other. */
export function endBurst(run: Float64Array): void {
  const packets = word(run, STREAM.openRunPackets);
  if (packets === 0) return;
  add(run, STREAM.burst + bucketOf(burstBuckets, packets), 1);
  add(run, STREAM.burstSum, packets);
}

import { type Sample, sample } from "../metrics/define.ts";
import { type ReflectorCounts, rejections } from "./counts.ts";
import { reflectorMetrics as m } from "./metrics.ts";

/** Every reason is there from the start: an increase from nothing would be missed. */
export function reflectorSamples(counts: ReflectorCounts): Sample[] {
  return [
    sample(m.replies, {}, counts.replies),
    sample(m.statelessReplies, {}, counts.statelessReplies),
    ...rejections.map((reason) => sample(m.rejected, { reason }, counts.rejected[reason])),
    sample(m.sessions, {}, counts.sessions),
    sample(m.socketDrops, {}, counts.socketDrops),
    sample(m.sendErrors, {}, counts.sendErrors),
  ];
}

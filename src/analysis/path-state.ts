import type { LossBounds } from "./bounds.ts";

/**
 * failed: cannot be probed; no_data: nothing was judged yet; down: nearly nothing comes back; lossy: loss above the path's
 * limit for certain; degraded: loss that is small or not yet certain; ok: no loss was seen.
 */
export type PathState = "ok" | "degraded" | "lossy" | "down" | "no_data" | "failed";

export interface PathLimits {
  /** Loss ratio that the lower bound has to pass. */
  readonly lossRatio: number;
  readonly pathDownRatio: number;
  /** Fewer lost packets than this are no outage. */
  readonly outagePackets: number;
}

/** @param bounds null where nothing was judged in the window */
export function pathState(failed: boolean, bounds: LossBounds | null, lost: number, limits: PathLimits): PathState {
  if (failed) return "failed";
  if (!bounds) return "no_data";
  if (bounds.ratio > limits.pathDownRatio && lost >= limits.outagePackets) return "down";
  if (bounds.lower > limits.lossRatio) return "lossy";
  return lost > 0 ? "degraded" : "ok";
}

import type { PathState } from "../../analysis/path-state.ts";

export type { PathState };

/** What the status page shows: plain data, made by who wires the parts, drawn by this folder. */
export interface StatusView {
  readonly version: string;
  /** Seconds since the epoch. */
  readonly startedAtSeconds: number;
  readonly nowSeconds: number;
  readonly hostname: string;
  readonly paths: readonly PathView[];
  readonly collectors: readonly CollectorView[];
  readonly prober: ProberView;
  /** What the operator could do next, one sentence each. */
  readonly hints: readonly string[];
}

export interface PathView {
  readonly name: string;
  readonly scope: string;
  readonly protocol: string;
  /** As it was configured. */
  readonly target: string;
  /** In use now; null while the target has none. */
  readonly address: string | null;
  readonly state: PathState;
  /** Why it cannot be probed, and the remedy. */
  readonly problem: string | null;
  /** The time that the counts below cover. */
  readonly windowSeconds: number;
  /** Received and lost; void ones are not in it. */
  readonly packets: number;
  readonly lost: number;
  readonly voided: number;
  /** 0 to 1 with the bounds of the 95 % interval; all null while nothing was judged. */
  readonly lossRatio: number | null;
  readonly lossLower: number | null;
  readonly lossUpper: number | null;
  readonly rttSeconds: { readonly p50: number; readonly p99: number } | null;
  /** Age of the run of loss that is open now; 0 without one. */
  readonly currentLossRunSeconds: number;
}

export interface CollectorView {
  readonly name: string;
  readonly state: "ok" | "absent" | "failed";
  /** Why it is absent or failed. */
  readonly detail: string | null;
  readonly durationSeconds: number;
}

export interface ProberView {
  readonly state: "ok" | "degraded" | "failed";
  readonly detail: string | null;
}

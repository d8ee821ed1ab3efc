import { lossBounds } from "../analysis/bounds.ts";
import { pathState } from "../analysis/path-state.ts";
import { histogramQuantile } from "../analysis/quantile.ts";
import type { Thresholds } from "../analysis/thresholds.ts";
import type { CollectorReport } from "../collectors/report.ts";
import type { CollectorView, PathView, ProberView } from "../http/page/view.ts";
import type { WindowTally } from "../prober/history.ts";
import { rttBuckets } from "../prober/metrics.ts";
import { openRunSeconds, type ProbedPath } from "../prober/samples.ts";
import { socketDropCount } from "../prober/tally.ts";

/** What the status page says of one path over the window. */
export function pathView(
  path: ProbedPath,
  tally: Float64Array,
  window: WindowTally,
  thresholds: Thresholds,
  nowNanos: number,
): PathView {
  const bounds = lossBounds(window);
  const limits = { ...thresholds, lossRatio: lossLimit(path, thresholds) };
  const p50 = histogramQuantile(rttBuckets, window.rttCounts, 0.5);
  const p99 = histogramQuantile(rttBuckets, window.rttCounts, 0.99);
  return {
    name: path.path,
    scope: path.scope,
    protocol: path.protocol,
    target: path.target,
    address: path.address || null,
    state: pathState(path.failure !== undefined, bounds, window.lost, limits),
    problem: path.failure?.message ?? null,
    windowSeconds: window.seconds,
    packets: window.packets,
    lost: window.lost,
    voided: window.voided,
    lossRatio: bounds?.ratio ?? null,
    lossLower: bounds?.lower ?? null,
    lossUpper: bounds?.upper ?? null,
    rttSeconds: p50 === null || p99 === null ? null : { p50, p99 },
    currentLossRunSeconds: openRunSeconds(tally, nowNanos),
  };
}

function lossLimit({ scope }: ProbedPath, { lossRatio, lossRatioExternal }: Thresholds): number {
  return scope === "external" ? lossRatioExternal : lossRatio;
}

export function collectorView({ name, server, state, detail, durationSeconds }: CollectorReport): CollectorView {
  return { name: server === undefined ? name : `${name} ${server}`, state, detail: detail || null, durationSeconds };
}

/**
 * Does the prober trust its own counts?
 * @param engine words at ENGINE @param denied why sockets were refused @param voidRatio of what was sent in the window
 */
export function proberView(
  engine: Float64Array,
  denied: readonly string[],
  restarts: number,
  voidRatio: number,
  thresholds: Thresholds,
): ProberView {
  const [refusal] = denied;
  if (refusal !== undefined) return { state: "failed", detail: refusal };
  const doubts = [
    voidRatio > thresholds.voidRatio ? `${(voidRatio * 100).toFixed(1)} % of the packets are void` : "",
    restarts > 0 ? `its worker was started again ${restarts} times` : "",
    socketDropCount(engine) > 0 ? "its sockets dropped replies" : "",
  ].filter((doubt) => doubt !== "");
  return doubts.length > 0 ? { state: "degraded", detail: doubts.join("; ") } : { state: "ok", detail: null };
}

import { probeMetrics } from "../prober/metrics.ts";
import { meanSizeBytes, type PathConfig } from "./path.ts";
import { parseTarget } from "./target.ts";

/** Series of a path from its start; those with a reason appear with their first event. */
export function seriesOf(path: PathConfig): number {
  const perProtocol = Object.values(probeMetrics).reduce((sum, metric) => {
    const labels: readonly string[] = metric.labels;
    if (labels.includes("reason")) return sum;
    // A histogram has its buckets, +Inf, sum and count.
    if (metric.type === "histogram") return sum + metric.buckets.length + 3;
    return sum + (labels.includes("size") ? path.sizes.length : 1);
  }, 0);
  return path.protocols.length * perProtocol;
}

const headerBytes = { 4: 20, 6: 40 };

/** IP packets in one direction; an echo reply is as large as its request. A name counts as IPv4 unless it says otherwise. */
export function bitsPerSecondOf(path: PathConfig): number {
  const target = parseTarget(path.target);
  const family = path.ipVersion ?? ("kind" in target && target.kind === "address" ? target.family : 4);
  const meanBytes = path.sizes.reduce<number>((sum, size) => sum + meanSizeBytes(size), 0) / path.sizes.length;
  return path.ratePerSecond * (meanBytes + headerBytes[family]) * 8;
}

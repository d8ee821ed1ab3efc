import type { AnyMetricDef } from "../metrics/define.ts";
import { probeMetrics } from "../prober/metrics.ts";
import { directions } from "../prober/samples.ts";
import { meanSizeBytes, type PathConfig, type Protocol, sizesOver } from "./path.ts";
import { parseTarget } from "./target.ts";

/** Series of a path from its start; those with a reason appear with their first event. */
export function seriesOf(path: PathConfig): number {
  return path.protocols.reduce((sum, protocol) => sum + seriesOver(path, protocol), 0);
}

function seriesOver(path: PathConfig, protocol: Protocol): number {
  return Object.values(probeMetrics).reduce((sum, metric: AnyMetricDef) => {
    const labels: readonly string[] = metric.labels;
    if (labels.includes("reason")) return sum;
    if (labels.includes("direction")) return protocol === "stamp" ? sum + directions.length : sum;
    if (metric === probeMetrics.pathMtu && !knowsMtu(path, protocol)) return sum;
    // A histogram has its buckets, +Inf, sum and count.
    if ("buckets" in metric) return sum + metric.buckets.length + 3;
    return sum + (labels.includes("size") ? sizesOver(path, protocol).length : 1);
  }, 0);
}

/** Only packets that may not be cut ask for the path MTU. */
function knowsMtu(path: PathConfig, protocol: Protocol): boolean {
  return protocol !== "tcp" && (path.send.df || path.sizes.includes("mtu"));
}

const headerBytes = { 4: 20, 6: 40 };

/** IP packets in one direction; an echo reply is as large as its request. A name counts as IPv4 unless it says otherwise. */
export function bitsPerSecondOf(path: PathConfig): number {
  const target = parseTarget(path.target);
  const family = path.ipVersion ?? ("kind" in target && target.kind === "address" ? target.family : 4);
  const bytes = path.protocols.map((protocol) => {
    const sizes = sizesOver(path, protocol);
    return sizes.reduce<number>((sum, size) => sum + meanSizeBytes(size), 0) / sizes.length + headerBytes[family];
  });
  return (path.ratePerSecond * 8 * bytes.reduce((a, b) => a + b, 0)) / bytes.length;
}

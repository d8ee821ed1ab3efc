import { sizesOver } from "../config/path.ts";
import type { MetricDef } from "../metrics/define.ts";
import type { MetricFamily } from "../metrics/exposition.ts";
import { createPathLabels } from "../prober/path-labels.ts";
import { pathFamilies } from "../prober/samples.ts";
import { judgedPackets, lostPackets } from "../prober/tally.ts";
import { probeRunMetrics as m } from "./metrics.ts";
import { isSuccess, type RunFacts } from "./run-facts.ts";

/**
 * The answer to GET /probe: gauges of this run, and the counters of its target as a configured path has them.
 * @param vmUuid of this machine, empty while unknown @param nowNanos monotonic
 */
export function runFamilies(facts: RunFacts, vmUuid: string, nowNanos: number): MetricFamily[] {
  const { target, module, address, run, total, failure } = facts;
  const { protocol } = module;
  const path = { ...module.path, name: target, target };
  const probed = {
    path: target,
    scope: path.scope,
    protocol,
    sizes: sizesOver(path, protocol),
    target,
    address,
    slot: 0,
    labels: createPathLabels(target, path.scope, protocol),
    failure,
  };
  return [
    gauge(m.success, isSuccess(facts) ? 1 : 0),
    gauge(m.duration, facts.durationSeconds),
    gauge(m.lookup, facts.lookupSeconds),
    gauge(m.complete, facts.complete ? 1 : 0),
    gauge(m.packets, judgedPackets(run)),
    gauge(m.lost, lostPackets(run)),
    ...pathFamilies([probed], { engine: new Float64Array(0), stream: () => total }, vmUuid, nowNanos),
  ];
}

function gauge(metric: MetricDef, value: number): MetricFamily {
  return { metric, samples: [{ metric, labels: {}, value }] };
}

import { cpuMetrics } from "./collectors/cpu/metrics.ts";
import { guestMetrics } from "./collectors/guest/metrics.ts";
import { nicMetrics } from "./collectors/nic/metrics.ts";
import { softirqMetrics } from "./collectors/softirq/metrics.ts";
import { softnetMetrics } from "./collectors/softnet/metrics.ts";
import { transportMetrics } from "./collectors/transport/metrics.ts";
import { discoveryMetrics } from "./discovery/metrics.ts";
import { selfMetrics } from "./metrics/self.ts";
import { probeRunMetrics } from "./probe-endpoint/metrics.ts";
import { probeMetrics, proberMetrics } from "./prober/metrics.ts";
import { reflectorMetrics } from "./reflector/metrics.ts";

/** Every metric, by source. Alerts, boards and documents name metrics through this object only. */
export const catalogue = {
  probe: probeMetrics,
  probeRun: probeRunMetrics,
  prober: proberMetrics,
  reflector: reflectorMetrics,
  cpu: cpuMetrics,
  softirq: softirqMetrics,
  softnet: softnetMetrics,
  nic: nicMetrics,
  transport: transportMetrics,
  guest: guestMetrics,
  discovery: discoveryMetrics,
  self: selfMetrics,
};

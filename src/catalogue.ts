import { selfMetrics } from "./metrics/self.ts";
import { probeMetrics, proberMetrics } from "./prober/metrics.ts";

/** Every metric, by source. Alerts, boards and documents name metrics through this object only. */
export const catalogue = {
  probe: probeMetrics,
  prober: proberMetrics,
  self: selfMetrics,
};

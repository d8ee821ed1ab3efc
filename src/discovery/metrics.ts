import { counter, gauge } from "../metrics/define.ts";

/** Sources that are asked for paths: HTTP SD and DNS. `source` is a URL without its query, or name and record type. */
export const discoveryMetrics = {
  paths: gauge("virtloss_discovery_paths", "Paths that are probed because the source named them.", ["source"]),
  lastSuccess: gauge(
    "virtloss_discovery_last_success_timestamp_seconds",
    "When the source last gave a usable answer; absent before the first.",
    ["source"],
  ),
  failures: counter(
    "virtloss_discovery_failures_total",
    "Questions without a usable answer; the paths of the last good one stay.",
    ["source"],
  ),
};

import { gauge, type MetricDef } from "./define.ts";

/** What the exporter says of itself. */
export const selfMetrics = {
  buildInfo: gauge("virtloss_build_info", "Version of virtloss and of the Node.js that runs it.", ["version", "node"]),
  reloadSuccessful: gauge(
    "virtloss_config_last_reload_successful",
    "1 if the last attempt to load the configuration succeeded.",
  ),
  reloadTimestamp: gauge(
    "virtloss_config_last_reload_success_timestamp_seconds",
    "When the running configuration was loaded.",
  ),
  threshold: gauge(
    "virtloss_threshold",
    "Thresholds in force, by name: rules generated with others disagree with this exporter.",
    ["name"],
  ),
  collectorState: gauge("virtloss_collector_state", "1 for the state of each collector: ok, absent or failed.", [
    "collector",
    "state",
  ]),
  collectorDuration: gauge("virtloss_collector_duration_seconds", "Time that the collector's last run took.", [
    "collector",
  ]),
  sourceLastSuccess: gauge("virtloss_source_last_success_timestamp_seconds", "When the source last answered.", [
    "collector",
  ]),
  serverState: gauge("virtloss_server_state", "1 for the state of each server that a collector reads: ok or failed.", [
    "collector",
    "server",
    "state",
  ]),
  serverFailure: gauge(
    "virtloss_server_failure",
    "1 while a server cannot be read, and why: unreachable, certificate, credentials, privilege or answer.",
    ["collector", "server", "reason"],
  ),
  serverDuration: gauge("virtloss_server_duration_seconds", "Time that the last reading of the server took.", [
    "collector",
    "server",
  ]),
  serverLastSuccess: gauge("virtloss_server_last_success_timestamp_seconds", "When the server last answered.", [
    "collector",
    "server",
  ]),
};

/** The field's own names for what every process exports; dashboards for any exporter know them. */
export const processMetrics = {
  cpu: {
    type: "counter",
    name: "process_cpu_seconds_total",
    help: "CPU time of the exporter, user and system.",
    labels: [],
  },
  memory: { type: "gauge", name: "process_resident_memory_bytes", help: "Memory of the exporter in RAM.", labels: [] },
  start: {
    type: "gauge",
    name: "process_start_time_seconds",
    help: "When the exporter was started.",
    labels: [],
  },
} as const satisfies Record<string, MetricDef>;

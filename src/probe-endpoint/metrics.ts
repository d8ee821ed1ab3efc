import { gauge, type MetricDef } from "../metrics/define.ts";

/** What GET /probe says of the one run that it made; without labels, as Prometheus names the target. */
export const probeRunMetrics = {
  /** The field's own names: alerts and boards for any prober know them. */
  success: {
    type: "gauge",
    name: "probe_success",
    help: "1 if at least one reply came in time.",
    labels: [],
  },
  duration: {
    type: "gauge",
    name: "probe_duration_seconds",
    help: "Time from the request to the answer, name resolution included.",
    labels: [],
  },
  lookup: {
    type: "gauge",
    name: "probe_dns_lookup_time_seconds",
    help: "Time that it took to find the target's address.",
    labels: [],
  },
  complete: gauge(
    "virtloss_probe_complete",
    "1 if every packet of this run had its verdict when the answer was given, 0 if the scrape timeout cut it short.",
  ),
  packets: gauge("virtloss_probe_run_packets", "Packets of this run with a verdict: received or lost."),
  lost: gauge("virtloss_probe_run_lost_packets", "Packets of this run that were lost."),
} as const satisfies Record<string, MetricDef>;

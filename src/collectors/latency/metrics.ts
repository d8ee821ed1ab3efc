import { counter, histogram } from "../../metrics/define.ts";

/** 1 µs to 131 ms. */
const buckets = Array.from({ length: 18 }, (_, i) => (2 ** i * 1024) / 1e9);

/** Waits inside the kernel, measured by programs loaded into it; off unless configured. */
export const latencyMetrics = {
  softirq: histogram(
    "virtloss_softirq_latency_seconds",
    "Time from the request for a NET_RX softirq to its beginning.",
    buckets,
    ["cpu"],
  ),
  scheduling: histogram(
    "virtloss_vm_scheduling_latency_seconds",
    "Time from the wake-up of a machine's threads to their running.",
    buckets,
    ["vm", "vm_uuid", "thread"],
  ),
  budgetExhausted: counter(
    "virtloss_nic_poll_budget_exhausted_total",
    "Polls of an interface that used up their budget: more packets wait than one poll may take.",
    ["device"],
  ),
};

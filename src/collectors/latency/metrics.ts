import { counter, histogram } from "../../metrics/define.ts";

/** Upper bounds in units of 1,024 ns, which a program tells apart without a division: 1 µs to 134 ms. */
export const BUCKETS = 18;
const buckets = Array.from({ length: BUCKETS }, (_, i) => (2 ** i * 1024) / 1e9);

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
    "Time that a machine's threads could have run and had no CPU: from wake-up or displacement to running.",
    buckets,
    ["vm", "vm_uuid", "thread"],
  ),
  budgetExhausted: counter(
    "virtloss_nic_poll_budget_exhausted_total",
    "Polls of an interface that used up their budget: more packets wait than one poll may take.",
    ["device"],
  ),
};

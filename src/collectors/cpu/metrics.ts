import { counter } from "../../metrics/define.ts";

/** Time that packets waited for: taken by the hypervisor, or spent in softirqs. */
export const cpuMetrics = {
  steal: counter(
    "virtloss_cpu_steal_seconds_total",
    "Time that the hypervisor ran something else while this CPU had work.",
    ["cpu"],
  ),
  softirq: counter("virtloss_cpu_softirq_seconds_total", "Time that the CPU spent in softirqs.", ["cpu"]),
};

import { gauge } from "../../metrics/define.ts";

/** How the CPUs of this machine save power: each deep sleep is a late interrupt. */
export const powerMetrics = {
  frequencyPolicy: gauge("virtloss_cpu_frequency_policy_cpus", "CPUs under each policy of frequency.", [
    "driver",
    "governor",
  ]),
  idleStateLatency: gauge(
    "virtloss_cpu_idle_state_exit_latency_seconds",
    "Time that a CPU takes to wake up from an idle state that it may enter.",
    ["state"],
  ),
};

import { counter } from "../../metrics/define.ts";

/** Pressure stall information (PSI). */
export const pressureMetrics = {
  stalled: counter(
    "virtloss_pressure_stalled_seconds_total",
    "Time in which some tasks, or all that were not idle (full), waited for the resource.",
    ["resource", "share"],
  ),
};

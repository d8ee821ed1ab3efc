import { LONGEST_RUN_SECONDS, neededSeconds, type ProbeModule } from "../config/probe-endpoint.ts";

/** A name server that is asked again after no answer, and a busy machine, need more than the packets alone. */
const SPARE_SECONDS = 5;

/**
 * How long the answer may take.
 * @param header X-Prometheus-Scrape-Timeout-Seconds as it came
 * @returns seconds, or what is wrong with the header
 */
export function budgetSeconds(
  header: string | undefined,
  offsetSeconds: number,
  module: ProbeModule,
): number | { readonly problem: string } {
  if (header === undefined) return Math.min(LONGEST_RUN_SECONDS, neededSeconds(module) + SPARE_SECONDS);
  const seconds = /^\d{1,9}(\.\d{1,9})?$/.test(header) ? Number(header) : Number.NaN;
  if (!(seconds > 0)) return { problem: "X-Prometheus-Scrape-Timeout-Seconds has to be a number of seconds above 0" };
  if (seconds <= offsetSeconds) {
    return { problem: `the scrape timeout leaves nothing beyond the probe.timeout_offset of ${offsetSeconds} s` };
  }
  return Math.min(LONGEST_RUN_SECONDS, seconds - offsetSeconds);
}

import type { MetricFamily } from "../metrics/exposition.ts";
import type { HistoryEntry } from "./history.ts";

/** An HTTP GET as far as /probe cares. */
export interface ProbeRequest {
  /** From its path on. */
  readonly url: string;
  /** X-Prometheus-Scrape-Timeout-Seconds as it came. */
  readonly scrapeTimeout: string | undefined;
  /** The client went away. */
  readonly signal: AbortSignal;
}

/** A run, or one sentence that says why there was none. It repeats nothing of the request. */
export type ProbeAnswer = ProbeReport | ProbeRefusal;

export interface ProbeReport {
  readonly status: 200;
  readonly families: readonly MetricFamily[];
  /** Given where the request asked for it. */
  readonly transcript: string | undefined;
}

export interface ProbeRefusal {
  readonly status: 400 | 403 | 404 | 429 | 503;
  readonly message: string;
}

/** GET /probe and its history. */
export interface ProbeEndpoint {
  answer(request: ProbeRequest): Promise<ProbeAnswer>;
  /** Newest first; undefined while the endpoint is off. */
  history(): readonly HistoryEntry[] | undefined;
}

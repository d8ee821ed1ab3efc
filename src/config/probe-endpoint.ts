import type { Network } from "./cidr.ts";
import type { PathConfig, Protocol } from "./path.ts";

/** How one request to /probe is answered: a path whose target comes with the request. */
export interface ProbeModule {
  readonly name: string;
  readonly protocol: Protocol;
  /** Packets of one run. */
  readonly count: number;
  /** Its name and target are the request's; a tcp port may be, where `tcpPort` is absent. */
  readonly path: Omit<PathConfig, "name" | "target">;
}

export interface ProbeEndpointConfig {
  /** Empty: the endpoint is off. */
  readonly allow: readonly Network[];
  readonly modules: Readonly<Record<string, ProbeModule>>;
  /** Runs at the same time. */
  readonly concurrency: number;
  /** What is left of Prometheus' scrape timeout for the answer to travel. */
  readonly timeoutOffsetSeconds: number;
}

/** A run may not take longer, whatever the request says. */
export const LONGEST_RUN_SECONDS = 60;

/** Seconds that a run takes where nothing holds it up: its packets, and the last one's verdict. */
export function neededSeconds({ protocol, count, path }: Omit<ProbeModule, "name">): number {
  // STAMP waits as long again for the number that tells a loss's direction.
  return count / path.ratePerSecond + path.timeoutSeconds * (protocol === "stamp" ? 2 : 1);
}

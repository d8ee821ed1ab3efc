import type { Collector } from "./collector.ts";

/** Every collector, in the order in which /metrics shows them. A test holds this list against the directory. */
export const collectors: readonly Collector[] = [];

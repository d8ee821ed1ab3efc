import type { Host } from "../../kernel/host.ts";
import {
  classesRequest,
  ingressFiltersRequest,
  parseClasses,
  parseFilters,
  type TrafficControl,
} from "../../kernel/netlink/traffic-control.ts";
import { type AskedLimits, hasClasses, hasIngress, noLimits } from "./device.ts";
import { filterLimit, htbLimit, lowest } from "./parse.ts";

/** Somebody may change a limit and leave its queue as it is. */
const KEPT_MS = 60_000;
/** A thousand interfaces that were asked at once are asked again at so many different times. */
const SPREAD = 32;

interface Kept {
  /** Of which queues. */
  readonly queues: string;
  readonly limits: AskedLimits;
  readonly untilMs: number;
}

/** Queues by the index of their interface. */
export type QueuesByLink = ReadonlyMap<number, readonly TrafficControl[]>;

/** @returns limits by the index of their interface, of those that may have some */
export type ReadLimits = (queues: QueuesByLink, signal: AbortSignal) => Promise<ReadonlyMap<number, AskedLimits>>;

async function ask(
  host: Host,
  link: number,
  queues: readonly TrafficControl[],
  signal: AbortSignal,
): Promise<AskedLimits> {
  const classes = hasClasses(queues) ? parseClasses(await host.netlink(classesRequest(link), signal)) : [];
  const filters = hasIngress(queues) ? parseFilters(await host.netlink(ingressFiltersRequest(link), signal)) : [];
  return { classes: htbLimit(classes), policers: lowest(filters.map(filterLimit)) };
}

/** The kernel tells classes and filters of one interface at a time only, so they are remembered, for a minute at most. */
export function createLimitReader(host: Host, monotonicMs: () => number): ReadLimits {
  // Filled while reading: a reading that is cut short by its deadline leaves less to the next one.
  const kept = new Map<number, Kept>();

  return async (queuesByLink, signal) => {
    const now = monotonicMs();
    const limited = [...queuesByLink].filter(([, queues]) => hasClasses(queues) || hasIngress(queues));
    for (const [link, own] of limited) {
      const queues = own.map(({ kind, handle, parent }) => `${kind} ${handle} ${parent}`).join();
      const known = kept.get(link);
      if (known?.queues === queues && now < known.untilMs) continue;
      const untilMs = now + (KEPT_MS * (SPREAD + (link % SPREAD))) / (2 * SPREAD);
      kept.set(link, { queues, limits: await ask(host, link, own, signal), untilMs });
    }
    for (const link of kept.keys()) if (!queuesByLink.has(link)) kept.delete(link);
    return new Map(limited.map(([link]) => [link, kept.get(link)?.limits ?? noLimits]));
  };
}

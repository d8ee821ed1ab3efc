import type { Host } from "../../kernel/host.ts";
import { type Link, linksRequest, parseLinks } from "../../kernel/netlink/link.ts";
import {
  classesRequest,
  ingressFiltersRequest,
  parseClasses,
  parseFilters,
  parseQdiscs,
  qdiscsRequest,
  type TrafficControl,
} from "../../kernel/netlink/traffic-control.ts";
import type { Sample } from "../../metrics/define.ts";
import { defineCollector } from "../collector.ts";
import { isIncluded, isReported } from "../interface-choice.ts";
import { type DeviceLimits, deviceSamples, hasClasses, hasIngress, rootLimit } from "./device.ts";
import { qdiscMetrics as m } from "./metrics.ts";
import type { QdiscOptions } from "./options.ts";
import { filterLimit, htbLimit, lowest } from "./parse.ts";

function byLink(queues: readonly TrafficControl[]): ReadonlyMap<number, readonly TrafficControl[]> {
  const map = new Map<number, TrafficControl[]>();
  for (const queue of queues) {
    const others = map.get(queue.link);
    if (others) others.push(queue);
    else map.set(queue.link, [queue]);
  }
  return map;
}

/** The kernel tells classes and filters by interface only: asked for where there are some. */
async function limitsOf(
  host: Host,
  { index }: Link,
  queues: readonly TrafficControl[],
  signal: AbortSignal,
): Promise<DeviceLimits> {
  const classes = hasClasses(queues) ? parseClasses(await host.netlink(classesRequest(index), signal)) : [];
  const filters = hasIngress(queues) ? parseFilters(await host.netlink(ingressFiltersRequest(index), signal)) : [];
  return { egress: rootLimit(queues) ?? htbLimit(classes), ingress: lowest(filters.map(filterLimit)) };
}

export const qdisc = defineCollector({
  name: "qdisc",
  metrics: m,
  async collect(host, options: QdiscOptions, signal) {
    const [links, queues] = await Promise.all([
      host.netlink(linksRequest(), signal).then(parseLinks),
      host.netlink(qdiscsRequest(), signal).then(parseQdiscs),
    ]);
    const samples: Sample[] = [];
    for (const [index, own] of byLink(queues)) {
      const link = links.get(index);
      if (!link || !isReported(link.name, options)) continue;
      const limits = await limitsOf(host, link, own, signal);
      samples.push(...deviceSamples(link, own, limits, isIncluded(link.name, options)));
    }
    return samples;
  },
});

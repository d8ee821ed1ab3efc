import type { Host } from "../../kernel/host.ts";
import { type Link, linksRequest, parseLinks } from "../../kernel/netlink/link.ts";
import { parseQdiscs, qdiscsRequest, type TrafficControl } from "../../kernel/netlink/traffic-control.ts";
import { defineSource } from "../collector.ts";
import { isIncluded, isReported } from "../interface-choice.ts";
import { deviceSamples, noLimits } from "./device.ts";
import { createLimitReader, type QueuesByLink } from "./limits.ts";
import { qdiscMetrics as m } from "./metrics.ts";
import type { QdiscOptions } from "./options.ts";

function byLink(queues: readonly TrafficControl[]): QueuesByLink {
  const map = new Map<number, TrafficControl[]>();
  for (const queue of queues) {
    const others = map.get(queue.link);
    if (others) others.push(queue);
    else map.set(queue.link, [queue]);
  }
  return map;
}

async function readLinks(host: Host, options: QdiscOptions, signal: AbortSignal): Promise<Link[]> {
  const links = parseLinks(await host.netlink(linksRequest(), signal));
  return [...links.values()].filter(({ name }) => isReported(name, options));
}

export const qdisc = defineSource({
  name: "qdisc",
  metrics: m,
  open(host, options: QdiscOptions) {
    const readLimits = createLimitReader(host, () => performance.now());
    return {
      async read(signal) {
        const [links, queues] = await Promise.all([
          readLinks(host, options, signal),
          host.netlink(qdiscsRequest(), signal).then(parseQdiscs).then(byLink),
        ]);
        const reported = links.map((link) => ({ link, own: queues.get(link.index) ?? [] }));
        const limits = await readLimits(new Map(reported.map(({ link, own }) => [link.index, own])), signal);
        return reported.flatMap(({ link, own }) =>
          deviceSamples(link, own, limits.get(link.index) ?? noLimits, isIncluded(link.name, options)),
        );
      },
      close() {
        // The socket is the host's.
      },
    };
  },
});

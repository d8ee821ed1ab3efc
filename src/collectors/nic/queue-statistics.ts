import type { Host } from "../../kernel/host.ts";
import {
  familiesRequest,
  familyNumber,
  parseQueueStatistics,
  type QueueStatistics,
  queueStatisticsRequest,
} from "../../kernel/netlink/queue-statistics.ts";
import { ifThere } from "../files.ts";

/** What the kernel itself tells of queues, by the index of their interface; nothing before Linux 6.9. */
export async function askQueueStatistics(
  host: Host,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, readonly QueueStatistics[]>> {
  const families = await ifThere(host.netlink(familiesRequest(), signal, "generic"));
  const netdev = familyNumber(families ?? [], "netdev");
  if (netdev === undefined) return new Map();
  const answer = await ifThere(host.netlink(queueStatisticsRequest(netdev), signal, "generic"));
  const byLink = new Map<number, QueueStatistics[]>();
  for (const statistics of parseQueueStatistics(answer ?? [])) {
    byLink.set(statistics.link, [...(byLink.get(statistics.link) ?? []), statistics]);
  }
  return byLink;
}

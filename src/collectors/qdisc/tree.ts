import { type QueueCounters, TC_INGRESS, TC_ROOT, type TrafficControl } from "../../kernel/netlink/traffic-control.ts";

/** These hold no packet themselves: their counters are the sum of those below. */
const containers = new Set(["mq", "mqprio"]);

const major = (handle: number): number => handle >>> 16;

/**
 * Of one interface's queues, those whose counters together hold every packet once. A queue with queues inside counts what
 * happens in them as well, so only the outermost is taken; but one for each hardware queue instead of their container, whose
 * own kind says nothing.
 */
export function outermost(queues: readonly TrafficControl[]): TrafficControl[] {
  const owners = new Set(queues.filter(({ kind }) => containers.has(kind)).map(({ handle }) => major(handle)));
  const isTop = ({ parent }: TrafficControl) => parent === TC_ROOT || parent === TC_INGRESS;
  const isInContainer = (queue: TrafficControl) => !isTop(queue) && owners.has(major(queue.parent));
  const filled = new Set(queues.filter(isInContainer).map(({ parent }) => major(parent)));
  return queues.filter((queue) =>
    containers.has(queue.kind)
      ? !filled.has(major(queue.handle)) && isTop(queue)
      : isTop(queue) || isInContainer(queue),
  );
}

/** By kind; several of one kind are added up. */
export function countersByKind(queues: readonly TrafficControl[]): ReadonlyMap<string, QueueCounters> {
  const byKind = new Map<string, QueueCounters>();
  for (const { kind, counters } of queues) {
    if (!counters) continue;
    const sum = byKind.get(kind) ?? { packets: 0, drops: 0, overlimits: 0, length: 0 };
    byKind.set(kind, {
      packets: sum.packets + counters.packets,
      drops: sum.drops + counters.drops,
      overlimits: sum.overlimits + counters.overlimits,
      length: sum.length + counters.length,
    });
  }
  return byKind;
}

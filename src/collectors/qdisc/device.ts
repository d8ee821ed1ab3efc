import type { Link } from "../../kernel/netlink/link.ts";
import { TC_INGRESS, TC_ROOT, type TrafficControl } from "../../kernel/netlink/traffic-control.ts";
import { type Sample, sample } from "../../metrics/define.ts";
import { limitSamples } from "../../vm/samples.ts";
import { qdiscMetrics as m } from "./metrics.ts";
import { type Limit, tbfLimit } from "./parse.ts";
import { countersByKind, outermost } from "./tree.ts";

/** What leaves these is on its way to guests; what leaves any other interface comes from them. */
const facesGuests = new Set(["tun", "veth", "bridge"]);
/** Interfaces that a host has by the thousand, one a guest or container. */
const oneEach = new Set(["tun", "veth"]);
/** Kinds that hold back or drop on purpose. */
const limiters = new Set(["tbf", "htb", "hfsc", "cbq", "cake", "netem"]);

/** Limits of one interface that its queues themselves do not tell. */
export interface AskedLimits {
  /** Of the classes of its outermost queue. */
  readonly classes: Limit | undefined;
  /** Of the policers that packets meet as they arrive. */
  readonly policers: Limit | undefined;
}

export const noLimits: AskedLimits = { classes: undefined, policers: undefined };

export function hasClasses(queues: readonly TrafficControl[]): boolean {
  return queues.some(({ kind, parent }) => kind === "htb" && parent === TC_ROOT);
}

/** Is there a place where filters may drop what arrives? */
export function hasIngress(queues: readonly TrafficControl[]): boolean {
  return queues.some(({ parent }) => parent === TC_INGRESS);
}

function isIngress(kind: string): boolean {
  return kind === "ingress" || kind === "clsact";
}

/** Limit of the queue through which everything leaves. */
function rootLimit(queues: readonly TrafficControl[]): Limit | undefined {
  const root = queues.find(({ parent }) => parent === TC_ROOT);
  return root?.kind === "tbf" ? tbfLimit(root) : undefined;
}

/** The series of one interface. @param always whether it is reported even where nothing limits and nothing was dropped */
export function deviceSamples(
  { name, kind }: Link,
  queues: readonly TrafficControl[],
  { classes, policers }: AskedLimits,
  always: boolean,
): Sample[] {
  const egress = rootLimit(queues) ?? classes;
  const counted = [...countersByKind(outermost(queues))].filter(([queue]) => queue !== "noqueue");
  const shown = counted.filter(
    ([queue, { drops }]) =>
      always || !oneEach.has(kind) || limiters.has(queue) || drops > 0 || (isIngress(queue) && policers !== undefined),
  );
  const place = { source: "qdisc", device: name } as const;
  const [leaving, arriving] = facesGuests.has(kind)
    ? (["to_guest", "from_guest"] as const)
    : (["from_guest", "to_guest"] as const);
  return [
    ...shown.flatMap(([queue, { packets, drops, overlimits, length }]) => {
      const labels = { device: name, kind: queue };
      return [
        sample(m.packets, labels, packets),
        sample(m.drops, labels, drops),
        sample(m.overlimits, labels, overlimits),
        sample(m.backlog, labels, length),
      ];
    }),
    ...(egress ? limitSamples(place, { direction: leaving, ...egress }) : []),
    ...(policers ? limitSamples(place, { direction: arriving, ...policers }) : []),
  ];
}

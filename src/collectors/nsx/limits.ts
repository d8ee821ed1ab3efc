import type { NicLimit } from "../../vm/vm.ts";
import { isTrue, listAt, numberAt, objectAt, objectOf, textAt } from "./json.ts";
import { parseNamed } from "./parse.ts";

/** A profile with the limits that it sets for each port of a segment. */
export interface LimitProfile {
  readonly path: string;
  readonly limits: readonly NicLimit[];
}

const MEGABIT_BYTES = 125_000;
const KILOBIT_BYTES = 125;

/** As everywhere in NSX, what a machine sends is received by the switch. */
const rates = [
  ["rx_broadcast", "from_guest", "broadcast"],
  ["rx_multicast", "from_guest", "multicast"],
  ["tx_broadcast", "to_guest", "broadcast"],
  ["tx_multicast", "to_guest", "multicast"],
] as const;

/** A SegmentSecurityProfile; a rate of 0 is none. @returns undefined where it is no such object */
export function parseSecurityProfile(value: unknown): LimitProfile | undefined {
  const named = parseNamed(value);
  if (!named) return undefined;
  const object = objectOf(value);
  const enabled = isTrue(object, "rate_limits_enabled");
  const limits = rates.flatMap(([key, direction, traffic]) => {
    const packetsPerSecond = numberAt(objectAt(object, "rate_limits"), key);
    return enabled && packetsPerSecond ? [{ direction, packetsPerSecond, traffic }] : [];
  });
  return { path: named.path, limits };
}

interface Shaper extends Pick<NicLimit, "direction" | "traffic"> {
  readonly unitBytes: number;
}

const shapers: ReadonlyMap<string, Shaper> = new Map<string, Shaper>([
  ["IngressRateLimiter", { direction: "from_guest", unitBytes: MEGABIT_BYTES }],
  ["IngressBroadcastRateLimiter", { direction: "from_guest", traffic: "broadcast", unitBytes: KILOBIT_BYTES }],
  ["EgressRateLimiter", { direction: "to_guest", unitBytes: MEGABIT_BYTES }],
]);

function shaperLimit(value: unknown): NicLimit[] {
  const object = objectOf(value);
  const shaper = shapers.get(textAt(object, "resource_type") ?? "");
  const average = numberAt(object, "average_bandwidth");
  // An average of 0 switches a shaper off, whatever else it says.
  if (!shaper || !average || !isTrue(object, "enabled")) return [];
  const { unitBytes, ...limit } = shaper;
  const peak = numberAt(object, "peak_bandwidth");
  return [
    {
      ...limit,
      bytesPerSecond: average * unitBytes,
      peakBytesPerSecond: peak ? peak * unitBytes : undefined,
      burstBytes: numberAt(object, "burst_size") || undefined,
    },
  ];
}

/** A QoSProfile. @returns undefined where it is no such object */
export function parseQosProfile(value: unknown): LimitProfile | undefined {
  const named = parseNamed(value);
  if (!named) return undefined;
  return { path: named.path, limits: (listAt(objectOf(value), "shaper_configurations") ?? []).flatMap(shaperLimit) };
}

function lower(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}

/** One limit for each direction and kind of traffic: of several the tightest. */
export function tightest(limits: readonly NicLimit[]): NicLimit[] {
  const byKind = new Map<string, NicLimit>();
  for (const limit of limits) {
    const kind = `${limit.direction} ${limit.traffic ?? ""}`;
    const known = byKind.get(kind);
    byKind.set(kind, {
      ...limit,
      bytesPerSecond: lower(known?.bytesPerSecond, limit.bytesPerSecond),
      burstBytes: lower(known?.burstBytes, limit.burstBytes),
      peakBytesPerSecond: lower(known?.peakBytesPerSecond, limit.peakBytesPerSecond),
      packetsPerSecond: lower(known?.packetsPerSecond, limit.packetsPerSecond),
    });
  }
  return [...byKind.values()];
}

import type { DriverCounter } from "./drops.ts";

/** Packets that went through one queue. */
export interface QueuePackets {
  readonly direction: "receive" | "transmit";
  readonly queue: string;
  readonly packets: number;
}

/** A card with more queues has the busiest ones reported; the others' share is what the interface's own count leaves. */
const MAX_QUEUES = 64;

/** How a driver names a queue's packets in `ethtool -S`; where it counts several sorts apart, all match and are added up. */
const underscored = /^(?<way>rx|tx)_queue_(?<queue>\d+)_packets$/;
const attached = /^(?<way>rx|tx)(?<queue>\d+)_packets$/;
const dotted = /^(?<way>rx|tx)-(?<queue>\d+)\.packets$/;
const namings: ReadonlyMap<string, readonly RegExp[]> = new Map(
  Object.entries({
    virtio_net: [underscored, attached],
    ixgbe: [underscored],
    ixgbevf: [underscored],
    igb: [underscored],
    igbvf: [underscored],
    igc: [underscored],
    ice: [underscored],
    hv_netvsc: [underscored],
    i40e: [dotted],
    iavf: [dotted],
    mlx4_en: [attached],
    mlx5_core: [attached],
    mana: [/^(?<way>rx|tx)_(?<queue>\d+)_packets$/],
    ena: [/^queue_(?<queue>\d+)_(?<way>rx|tx)_cnt$/],
    bnxt_en: [/^\[(?<queue>\d+)\]: (?<way>rx|tx)_[umb]cast_packets$/],
  }),
);

/** vmxnet3 prints a block for each queue under the same names, begun by a line with the queue's number. */
const blockBegins = /^(?<way>Rx|Tx) Queue#$/;
const blockPackets = /^[umb]cast pkts (?<way>rx|tx)$/;

interface Counted {
  readonly way: string;
  readonly queue: string;
  readonly packets: number;
}

function inBlocks(counters: readonly DriverCounter[]): Counted[] {
  let queue = "";
  return counters.flatMap(({ name, value }) => {
    if (blockBegins.test(name)) queue = String(value);
    const way = blockPackets.exec(name)?.groups?.["way"];
    return way === undefined || queue === "" ? [] : [{ way, queue, packets: value }];
  });
}

function byName(driver: string, counters: readonly DriverCounter[]): Counted[] {
  const naming = namings.get(driver) ?? [];
  return counters.flatMap(({ name, value }) => {
    const groups = naming.map((pattern) => pattern.exec(name)?.groups).find((found) => found !== undefined);
    return groups ? [{ way: groups["way"] ?? "", queue: groups["queue"] ?? "", packets: value }] : [];
  });
}

/** Is there anything on queues in this driver's `ethtool -S`? */
export function hasQueueCounters(driver: string): boolean {
  return driver === "vmxnet3" || namings.has(driver);
}

/** Packets of each queue; none where the driver has no such counters. */
export function queuePackets(driver: string, counters: readonly DriverCounter[]): QueuePackets[] {
  const counted = driver === "vmxnet3" ? inBlocks(counters) : byName(driver, counters);
  return (["receive", "transmit"] as const).flatMap((direction) => {
    const sums = new Map<string, number>();
    for (const { way, queue, packets } of counted) {
      if (way === (direction === "receive" ? "rx" : "tx")) sums.set(queue, (sums.get(queue) ?? 0) + packets);
    }
    return [...sums].map(([queue, packets]) => ({ direction, queue, packets }));
  });
}

/** Of each direction's queues the busiest, in the order of their numbers. */
export function busiestQueues(queues: readonly QueuePackets[]): QueuePackets[] {
  return (["receive", "transmit"] as const).flatMap((way) =>
    queues
      .filter(({ direction }) => direction === way)
      .sort((a, b) => b.packets - a.packets)
      .slice(0, MAX_QUEUES)
      .sort((a, b) => Number(a.queue) - Number(b.queue)),
  );
}

/** Packets that were dropped at a port, as the switch sees it: receive is what came from the port. */
export interface PortDrops {
  readonly direction: "receive" | "transmit";
  readonly cause: string;
  readonly packets: number;
}

interface Counter {
  readonly direction: PortDrops["direction"];
  readonly cause: string;
  readonly statistic: string;
  /** Also counted in rx_dropped or tx_dropped of a DPDK port. */
  readonly withinDropped: boolean;
}

/**
 * Besides rx_dropped and tx_dropped. DPDK's ports say why they dropped, and sum it up in those two; a device of the kernel
 * counts frames that it missed apart from those that it dropped.
 */
const counters: readonly Counter[] = [
  { direction: "receive", cause: "missed", statistic: "rx_missed_errors", withinDropped: true },
  { direction: "receive", cause: "qos", statistic: "ovs_rx_qos_drops", withinDropped: true },
  { direction: "receive", cause: "errors", statistic: "rx_errors", withinDropped: false },
  { direction: "transmit", cause: "ring_full", statistic: "ovs_tx_failure_drops", withinDropped: true },
  { direction: "transmit", cause: "qos", statistic: "ovs_tx_qos_drops", withinDropped: true },
  { direction: "transmit", cause: "mtu_exceeded", statistic: "ovs_tx_mtu_exceeded_drops", withinDropped: true },
  { direction: "transmit", cause: "invalid_offload", statistic: "ovs_tx_invalid_hwol_drops", withinDropped: true },
  { direction: "transmit", cause: "errors", statistic: "tx_errors", withinDropped: false },
];

const totals = [
  { direction: "receive", statistic: "rx_dropped" },
  { direction: "transmit", statistic: "tx_dropped" },
] as const;

/** No packet is counted twice. @param statistics of an interface, as the database has them */
export function portDrops(statistics: ReadonlyMap<string, number>): PortDrops[] {
  const isDpdk = statistics.has("ovs_tx_failure_drops");
  const told = { receive: 0, transmit: 0 };
  const drops: PortDrops[] = [];
  for (const { direction, cause, statistic, withinDropped } of counters) {
    const packets = statistics.get(statistic);
    if (packets === undefined) continue;
    if (isDpdk && withinDropped) told[direction] += packets;
    // Alerts count on a guest's full ring from the start; another cause appears with its first packet.
    if (packets > 0 || cause === "ring_full") drops.push({ direction, cause, packets });
  }
  for (const { direction, statistic } of totals) {
    const total = statistics.get(statistic);
    if (total === undefined) continue;
    drops.push({ direction, cause: "dropped", packets: Math.max(0, total - told[direction]) });
  }
  return drops;
}

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

/** Shown from the start, because alerts count on them; another cause appears with its first packet. */
const alwaysShown = new Set(["dropped", "ring_full"]);

/** No packet is counted twice. @param statistics of an interface, as the database has them */
export function portDrops(statistics: ReadonlyMap<string, number>): PortDrops[] {
  const isDpdk = statistics.has("ovs_tx_failure_drops");
  const told = counters.flatMap((counter) => {
    const packets = statistics.get(counter.statistic);
    return packets === undefined ? [] : { ...counter, packets };
  });
  const rest = totals.flatMap(({ direction, statistic }) => {
    const total = statistics.get(statistic);
    if (total === undefined) return [];
    const parts = told.filter((one) => isDpdk && one.withinDropped && one.direction === direction);
    const packets = Math.max(0, total - parts.reduce((sum, part) => sum + part.packets, 0));
    return { direction, cause: "dropped", packets };
  });
  return [...rest, ...told]
    .filter(({ cause, packets }) => packets > 0 || alwaysShown.has(cause))
    .map(({ direction, cause, packets }) => ({ direction, cause, packets }));
}

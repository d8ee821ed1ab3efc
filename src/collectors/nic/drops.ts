export type DropDirection = "receive" | "transmit" | "both";

/** Frames dropped for one cause; the same pair names the same thing on every driver. */
export interface Drop {
  readonly direction: DropDirection;
  readonly cause: string;
  readonly frames: number;
}

interface DropSource {
  readonly direction: DropDirection;
  readonly cause: string;
}

/** /sys/class/net/DEVICE/statistics: what every driver has. tx_errors already holds tx_fifo_errors and its like. */
const statisticsSources: Readonly<Record<string, DropSource>> = {
  rx_dropped: { direction: "receive", cause: "dropped" },
  rx_missed_errors: { direction: "receive", cause: "missed" },
  rx_fifo_errors: { direction: "receive", cause: "fifo" },
  rx_over_errors: { direction: "receive", cause: "fifo" },
  rx_errors: { direction: "receive", cause: "errors" },
  tx_dropped: { direction: "transmit", cause: "dropped" },
  tx_errors: { direction: "transmit", cause: "errors" },
};

export const statisticsFiles: readonly string[] = Object.keys(statisticsSources);

/** These count an overrun in rx_errors as well as in rx_fifo_errors. */
const overrunsAreErrors = new Set(["8139too", "8139cp", "pcnet32", "tulip"]);

interface DriverSource extends DropSource {
  /** Matches every queue's counter; the queues are added up. */
  readonly counter: RegExp;
}

// Only counters that the driver keeps out of the statistics above. What is not here is left out on purpose: e1000's
// rx_no_buffer_count counts frames that waited in the FIFO, most of which were received; virtio's rx*_drops are in
// rx_dropped; vmxnet3's "drv dropped" are in rx_dropped and tx_dropped.
const driverSources: Readonly<Record<string, readonly DriverSource[]>> = {
  ena: [
    { direction: "receive", cause: "bandwidth_allowance", counter: /^bw_in_allowance_exceeded$/ },
    { direction: "transmit", cause: "bandwidth_allowance", counter: /^bw_out_allowance_exceeded$/ },
    { direction: "both", cause: "packet_rate_allowance", counter: /^pps_allowance_exceeded$/ },
    { direction: "both", cause: "conntrack_allowance", counter: /^conntrack_allowance_exceeded$/ },
    { direction: "transmit", cause: "link_local_allowance", counter: /^linklocal_allowance_exceeded$/ },
  ],
  gve: [
    { direction: "receive", cause: "missed", counter: /^rx_queue_drop_cnt\[\d+\]$/ },
    { direction: "receive", cause: "missed", counter: /^rx_no_buffers_posted\[\d+\]$/ },
  ],
  vmxnet3: [
    { direction: "receive", cause: "no_buffer", counter: /^pkts rx OOB$/ },
    { direction: "transmit", cause: "host_discarded", counter: /^pkts tx discard$/ },
  ],
  hv_netvsc: [{ direction: "receive", cause: "no_buffer", counter: /^rx_no_memory$/ }],
  mana: [{ direction: "receive", cause: "missed", counter: /^hc_rx_discards_no_wqe$/ }],
  mlx5_core: [{ direction: "receive", cause: "missed", counter: /^rx_out_of_buffer$/ }],
  ixgbe: [{ direction: "receive", cause: "no_buffer", counter: /^rx_no_dma_resources$/ }],
};

/** Is there anything in this driver's `ethtool -S` that the statistics lack? */
export function hasDriverDrops(driver: string): boolean {
  return Object.hasOwn(driverSources, driver);
}

/** One named counter of `ethtool -S`; names repeat where a driver has a block a queue (vmxnet3). */
export interface DriverCounter {
  readonly name: string;
  readonly value: number;
}

function sumOf(counters: readonly DriverCounter[], name: RegExp): number | undefined {
  const matches = counters.filter((counter) => name.test(counter.name));
  return matches.length === 0 ? undefined : matches.reduce((sum, counter) => sum + counter.value, 0);
}

/**
 * Drops of one interface under few names. Where two sources may have counted the same frames under one cause the larger is
 * taken, never the sum; so the total is a lower bound and no frame is counted twice.
 */
export function normaliseDrops(
  driver: string,
  statistics: ReadonlyMap<string, number>,
  counters: readonly DriverCounter[],
): Drop[] {
  const fromStatistics = Object.entries(statisticsSources)
    .filter(([, source]) => source.cause !== "fifo" || !overrunsAreErrors.has(driver))
    .map(([name, source]) => ({ ...source, frames: statistics.get(name) }));
  const fromDriver = (hasDriverDrops(driver) ? (driverSources[driver] ?? []) : []).map(
    ({ direction, cause, counter }) => ({ direction, cause, frames: sumOf(counters, counter) }),
  );
  const drops = new Map<string, Drop>();
  for (const { direction, cause, frames } of [...fromStatistics, ...fromDriver]) {
    if (frames === undefined) continue;
    const key = `${direction} ${cause}`;
    drops.set(key, { direction, cause, frames: Math.max(frames, drops.get(key)?.frames ?? 0) });
  }
  return [...drops.values()];
}

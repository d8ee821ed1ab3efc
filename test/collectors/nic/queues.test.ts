import type { DriverCounter } from "../../../src/collectors/nic/drops.ts";
import { busiestQueues, hasQueueCounters, queuePackets } from "../../../src/collectors/nic/queues.ts";

function counters(values: Readonly<Record<string, number>>): DriverCounter[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}

function table(driver: string, own: readonly DriverCounter[]): Record<string, number> {
  return Object.fromEntries(
    queuePackets(driver, own).map(({ direction, queue, packets }) => [`${direction} ${queue}`, packets]),
  );
}

/** Two queues, and counters beside them that carry similar names. */
const expected = { "receive 0": 5, "receive 1": 7, "transmit 0": 3, "transmit 1": 1 };

test.each([
  [
    "virtio_net",
    "of Linux 6.1",
    {
      rx_queue_0_packets: 5,
      rx_queue_1_packets: 7,
      rx_queue_0_xdp_packets: 9,
      rx_queue_0_drops: 9,
      tx_queue_0_packets: 3,
      tx_queue_1_packets: 1,
      tx_queue_1_tx_timeouts: 9,
    },
  ],
  [
    "virtio_net",
    "with the number attached",
    { rx0_packets: 5, rx1_packets: 7, rx0_xdp_packets: 9, tx0_packets: 3, tx1_packets: 1, rx_packets: 12 },
  ],
  [
    "ixgbe",
    "",
    { rx_packets: 12, tx_queue_0_packets: 3, tx_queue_1_packets: 1, rx_queue_0_packets: 5, rx_queue_1_packets: 7 },
  ],
  ["i40e", "", { "rx-0.packets": 5, "rx-1.packets": 7, "tx-0.packets": 3, "tx-1.packets": 1, "tx-0.bytes": 999 }],
  [
    "ice",
    "",
    { rx_queue_0_packets: 5, rx_queue_1_packets: 7, tx_queue_0_packets: 3, tx_queue_1_packets: 1, "rx_unicast.nic": 9 },
  ],
  [
    "mlx5_core",
    "",
    {
      rx_packets: 12,
      rx0_packets: 5,
      rx1_packets: 7,
      tx0_packets: 3,
      tx1_packets: 1,
      rx0_csum_none: 9,
      rx_0_packets: 9,
    },
  ],
  ["ena", "", { queue_0_tx_cnt: 3, queue_0_rx_cnt: 5, queue_1_tx_cnt: 1, queue_1_rx_cnt: 7, queue_0_tx_bytes: 999 }],
  ["mana", "", { rx_0_packets: 5, rx_1_packets: 7, tx_0_packets: 3, tx_1_packets: 1, tx_0_xdp_xmit: 9 }],
])("%s %s: packets of each queue, and nothing else", (driver, _when, own) => {
  expect(table(driver, counters(own))).toEqual(expected);
});

test("bnxt counts unicast, multicast and broadcast apart: they are added up", () => {
  const own = counters({
    "[0]: rx_ucast_packets": 3,
    "[0]: rx_mcast_packets": 1,
    "[0]: rx_bcast_packets": 1,
    "[0]: rx_discards": 9,
    "[1]: rx_ucast_packets": 7,
    "[0]: tx_ucast_packets": 3,
    "[1]: tx_bcast_packets": 1,
    rx_ucast_frames: 9,
  });

  expect(table("bnxt_en", own)).toEqual(expected);
});

test("vmxnet3's blocks belong to the queue whose number begins them", () => {
  const block = (way: string, queue: number, unicast: number, multicast: number) => [
    { name: `${way === "rx" ? "Rx" : "Tx"} Queue#`, value: queue },
    { name: `ucast pkts ${way}`, value: unicast },
    { name: `ucast bytes ${way}`, value: 999 },
    { name: `mcast pkts ${way}`, value: multicast },
    { name: `pkts ${way} err`, value: 9 },
  ];
  const own = [...block("tx", 0, 2, 1), ...block("tx", 1, 1, 0), ...block("rx", 0, 5, 0), ...block("rx", 1, 4, 3)];

  expect(table("vmxnet3", own)).toEqual(expected);
});

test("packets that no block claims are left out", () => {
  expect(table("vmxnet3", counters({ "ucast pkts tx": 3 }))).toEqual({});
});

test("of more than 64 queues the busiest are reported, in the order of their numbers", () => {
  const own = Array.from({ length: 100 }, (_, i) => ({ name: `rx_queue_${i}_packets`, value: (i * 37) % 100 }));

  const reported = busiestQueues(queuePackets("ice", own));

  expect(reported).toHaveLength(64);
  expect(Math.min(...reported.map(({ packets }) => packets))).toBe(36);
  expect(reported.map(({ queue }) => Number(queue))).toEqual(
    [...reported.map(({ queue }) => Number(queue))].sort((a, b) => a - b),
  );
});

test("a driver of which nothing is known has no queues' packets, nor has one named like a word of JavaScript", () => {
  const own = counters({ rx_queue_0_packets: 5, rx0_packets: 5 });

  for (const driver of ["e1000", "", "constructor", "__proto__"]) {
    expect(hasQueueCounters(driver)).toBe(false);
    expect(queuePackets(driver, own)).toEqual([]);
  }
});

import { type DriverCounter, normaliseDrops } from "../../../src/collectors/nic/drops.ts";

const statistics = new Map([
  ["rx_dropped", 5],
  ["rx_missed_errors", 7],
  ["rx_fifo_errors", 3],
  ["rx_over_errors", 4],
  ["rx_errors", 2],
  ["tx_dropped", 1],
  ["tx_errors", 6],
]);

function counters(values: Readonly<Record<string, number>>): DriverCounter[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}

function table(driver: string, own: readonly DriverCounter[] = []): Record<string, number> {
  return Object.fromEntries(
    normaliseDrops(driver, statistics, own).map(({ direction, cause, frames }) => [`${direction} ${cause}`, frames]),
  );
}

test("a driver of which nothing is known gives the kernel's statistics, overruns counted once", () => {
  expect(table("forcedeth", counters({ rx_drop_everything: 99, pps_allowance_exceeded: 99 }))).toEqual({
    "receive dropped": 5,
    "receive missed": 7,
    "receive fifo": 4,
    "receive errors": 2,
    "transmit dropped": 1,
    "transmit errors": 6,
  });
});

test("virtio's queue counters are in rx_dropped already", () => {
  expect(table("virtio_net", counters({ rx0_drops: 5, rx_drops: 5, tx0_xdp_tx_drops: 8 }))).toEqual(table("forcedeth"));
});

test("drivers that count an overrun as an error too have no cause fifo", () => {
  expect(Object.keys(table("pcnet32"))).not.toContain("receive fifo");
});

test("ENA's allowances are causes; what is left of an allowance is none", () => {
  const own = counters({
    bw_in_allowance_exceeded: 1,
    bw_out_allowance_exceeded: 2,
    pps_allowance_exceeded: 3,
    conntrack_allowance_exceeded: 4,
    linklocal_allowance_exceeded: 5,
    conntrack_allowance_available: 600_000,
  });

  expect(table("ena", own)).toMatchObject({
    "receive bandwidth_allowance": 1,
    "transmit bandwidth_allowance": 2,
    "both packet_rate_allowance": 3,
    "both conntrack_allowance": 4,
    "transmit link_local_allowance": 5,
  });
  expect(Object.keys(table("ena", own))).toHaveLength(11);
});

test("vmxnet3's blocks, one a queue under the same names, are added up", () => {
  const own = [
    { name: "pkts rx OOB", value: 10 },
    { name: "drv dropped rx total", value: 5 },
    { name: "pkts rx OOB", value: 20 },
    { name: "pkts tx discard", value: 2 },
  ];

  expect(table("vmxnet3", own)).toMatchObject({
    "receive no_buffer": 30,
    "transmit host_discarded": 2,
    "receive dropped": 5,
  });
});

test("counters that may hold the same frames are never added to each other", () => {
  const own = counters({ "rx_queue_drop_cnt[0]": 8, "rx_queue_drop_cnt[1]": 4, "rx_no_buffers_posted[0]": 9 });

  expect(table("gve", own)["receive missed"]).toBe(12);
  expect(table("mana", counters({ hc_rx_discards_no_wqe: 6 }))["receive missed"]).toBe(7);
});

test("a statistic that the kernel lacks is no cause", () => {
  expect(normaliseDrops("e1000", new Map([["rx_dropped", 0]]), [])).toEqual([
    { direction: "receive", cause: "dropped", frames: 0 },
  ]);
});

test("a driver that calls itself by a name of JavaScript has no counters of its own", () => {
  expect(table("constructor", counters({ x: 1 }))).toEqual(table("forcedeth"));
});

import { portDrops } from "../../../src/collectors/ovs/drops.ts";

function drops(statistics: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    portDrops(new Map(Object.entries(statistics))).map(({ direction, cause, packets }) => [
      `${direction} ${cause}`,
      packets,
    ]),
  );
}

test("a device of the kernel shows what it dropped from the start, other causes with their first packet", () => {
  const quiet = { rx_dropped: 0, tx_dropped: 0, rx_errors: 0, tx_errors: 0, rx_missed_errors: 0, rx_over_err: 0 };

  expect(drops(quiet)).toEqual({ "receive dropped": 0, "transmit dropped": 0 });
  expect(drops({ ...quiet, tx_dropped: 8581, rx_missed_errors: 7, tx_errors: 2 })).toEqual({
    "receive dropped": 0,
    "receive missed": 7,
    "transmit dropped": 8581,
    "transmit errors": 2,
  });
});

test("a DPDK port tells its drops apart, and none is counted twice", () => {
  const vhostUser = {
    rx_dropped: 30,
    tx_dropped: 1000,
    rx_errors: 0,
    ovs_rx_qos_drops: 30,
    ovs_tx_failure_drops: 900,
    ovs_tx_qos_drops: 60,
    ovs_tx_mtu_exceeded_drops: 30,
    ovs_tx_invalid_hwol_drops: 0,
    ovs_tx_retries: 5,
  };

  expect(drops(vhostUser)).toEqual({
    "receive dropped": 0,
    "receive qos": 30,
    "transmit dropped": 10,
    "transmit ring_full": 900,
    "transmit qos": 60,
    "transmit mtu_exceeded": 30,
  });
  // netdev-dpdk.c adds what the card missed to rx_dropped.
  expect(drops({ rx_dropped: 12, rx_missed_errors: 10, ovs_tx_failure_drops: 0 })).toEqual({
    "receive dropped": 2,
    "receive missed": 10,
    "transmit ring_full": 0,
  });
});

test("counters that were read at different moments never make a negative count", () => {
  expect(drops({ tx_dropped: 5, ovs_tx_failure_drops: 6 })["transmit dropped"]).toBe(0);
});

test("what an interface does not count is unknown, not zero", () => {
  expect(drops({})).toEqual({});
  expect(drops({ tx_dropped: 0 })).toEqual({ "transmit dropped": 0 });
});

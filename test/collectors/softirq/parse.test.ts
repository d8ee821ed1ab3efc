import { parseSoftirqs } from "../../../src/collectors/softirq/parse.ts";
import { createFixtureHost } from "../../support/fixture-host.ts";

test("every vector of a real kernel has a count for each CPU", async () => {
  const rows = parseSoftirqs(await createFixtureHost("linux-6.18-virtio").readText("/proc/softirqs"));

  expect(rows.map((row) => row.vector)).toEqual([
    "HI",
    "TIMER",
    "NET_TX",
    "NET_RX",
    "BLOCK",
    "IRQ_POLL",
    "TASKLET",
    "SCHED",
    "HRTIMER",
    "RCU",
  ]);
  expect(rows.every((row) => row.counts.length === 2)).toBe(true);
});

test("columns belong to the CPUs of the header, offline ones being left out of it", () => {
  const text = "          CPU0       CPU2\n  NET_RX:         10      7\n";

  expect(parseSoftirqs(text)).toEqual([
    {
      vector: "NET_RX",
      counts: [
        { cpu: "0", count: 10 },
        { cpu: "2", count: 7 },
      ],
    },
  ]);
});

test.each([
  ["", '/proc/softirqs row 0: expected a header of CPUs (CPU0 …), got ""'],
  ["  NET_RX: 1 2\n", '/proc/softirqs row 0: expected a header of CPUs (CPU0 …), got "  NET_RX: 1 2"'],
  ["  CPU0\n", "/proc/softirqs: expected a row for each vector, found none"],
  ["CPU0 CPU1\nNET_RX: 1\n", '/proc/softirqs row 1: expected a vector and 2 counts, got "NET_RX: 1"'],
  ["CPU0\nNET_RX: 1 2\n", '/proc/softirqs row 1: expected a vector and 1 counts, got "NET_RX: 1 2"'],
  ["CPU0\nNET_RX: -1\n", '/proc/softirqs row 1: expected a vector and 1 counts, got "NET_RX: -1"'],
  ["CPU0\nNET_RX 1\n", '/proc/softirqs row 1: expected a vector and 1 counts, got "NET_RX 1"'],
])("a file that reads %j is an error that names the row", (text, message) => {
  expect(() => parseSoftirqs(text)).toThrow(message);
});

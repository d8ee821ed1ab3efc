import * as structs from "../../../src/collectors/nic/structs.ts";
import { createFixtureHost } from "../../support/fixture-host.ts";

const host = createFixtureHost("linux-6.1-qemu");

/** What the program ethtool printed in the same guest at the same time. */
function tool(device: string, option: string): Promise<string> {
  return host.readText(`/tool/${device}/ethtool-${option}.txt`);
}

function numberAfter(text: string, label: string): number {
  return Number(new RegExp(`^${label}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0);
}

test.each(["eth0", "eth1", "eth2", "eth3", "eth4", "eth5", "eth6"])(
  "driver and rings of %s are those that the program ethtool printed",
  async (device) => {
    const [maximum = "", current = ""] = (await tool(device, "g")).split("Current hardware settings");

    const driver = structs.parseDriver(await host.ethtool(device, structs.driverRequest()));
    const rings = await host.ethtool(device, structs.ringRequest()).then(structs.parseRings, () => undefined);

    expect(await tool(device, "i")).toMatch(new RegExp(`^driver: ${driver}$`, "m"));
    expect(rings?.receive ?? { now: 0, max: 0 }).toEqual({
      now: numberAfter(current, "RX"),
      max: numberAfter(maximum, "RX"),
    });
    expect(rings?.transmit ?? { now: 0, max: 0 }).toEqual({
      now: numberAfter(current, "TX"),
      max: numberAfter(maximum, "TX"),
    });
  },
);

test("two of four virtio queues are in use", async () => {
  const channels = structs.parseChannels(await host.ethtool("eth0", structs.channelsRequest()));

  expect(channels.combined).toEqual({ now: 2, max: 4 });
});

test("names and values of the driver's counters pair up", async () => {
  const { statistics } = structs.stringSets;
  const count = structs.parseStringCount(await host.ethtool("eth1", structs.stringCountRequest(statistics)));

  const names = structs.parseStrings(await host.ethtool("eth1", structs.stringsRequest(statistics, count)));
  const values = structs.parseStatistics(await host.ethtool("eth1", structs.statisticsRequest(count)));

  expect(names).toHaveLength(count);
  expect(values).toHaveLength(count);
  expect(names.slice(0, 3)).toEqual(["rx_packets", "tx_packets", "rx_bytes"]);
});

test("a counter of 64 bits is read whole", () => {
  const answer = structs.statisticsRequest(2);
  new BigUint64Array(answer.buffer, 8)[1] = 2n ** 40n + 1n;

  expect(structs.parseStatistics(answer)).toEqual([0, 2 ** 40 + 1]);
});

test("a set that the driver lacks has no strings", () => {
  const answer = structs.stringCountRequest(1);
  new BigUint64Array(answer.buffer, 8, 1)[0] = 0n;

  expect(structs.parseStringCount(answer)).toBe(0);
});

test("an absurd number of strings is an error, not an allocation", () => {
  const answer = structs.stringCountRequest(1);
  new Uint32Array(answer.buffer)[4] = 4_000_000_000;

  expect(() => structs.parseStringCount(answer)).toThrow("expected at most 65536 strings, got 4000000000");
});

test("counts that promise more than the answer holds are cut to what is there", () => {
  const strings = structs.stringsRequest(1, 2);
  new Uint32Array(strings.buffer)[2] = 1000;
  const values = structs.statisticsRequest(2);
  new Uint32Array(values.buffer)[1] = 1000;

  expect(structs.parseStrings(strings)).toEqual(["", ""]);
  expect(structs.parseStatistics(values)).toEqual([0, 0]);
});

test.each([
  ["drvinfo", structs.parseDriver, 196],
  ["ringparam", structs.parseRings, 36],
  ["channels", structs.parseChannels, 36],
  ["sset_info", structs.parseStringCount, 20],
  ["gstrings", structs.parseStrings, 12],
  ["stats", structs.parseStatistics, 8],
  ["value", structs.parseValue, 8],
] as const)("a cut %s is an error at every length", (name, parse, bytes) => {
  for (let length = 0; length < bytes; length++) {
    expect(() => parse(new Uint8Array(length))).toThrow(`ethtool ${name}: expected ${bytes} bytes, got ${length}`);
  }
});

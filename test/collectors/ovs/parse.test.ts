import fc from "fast-check";
import { parseInterfaces, type Row, type Tables } from "../../../src/collectors/ovs/parse.ts";
import { ParseError } from "../../../src/kernel/host.ts";
import { capturedTables } from "../../support/ovs-fake.ts";

const [Bridge, Port, Interface, QoS, Queue] = capturedTables.map(({ rows }: { rows: Row[] }) => rows);
const captured: Tables = { Bridge, Port, Interface, QoS, Queue };
const none: Tables = { Bridge: [], Port: [], Interface: [], QoS: [], Queue: [] };

const named = (tables: Tables, name: string) => parseInterfaces(tables).find((one) => one.name === name);
const only = (row: Row): Tables => ({ ...none, Interface: [{ _uuid: ["uuid", "u"], name: "tap0", ...row }] });

test("a tap of a captured switch has its bridge, its guest, its counters and its limits", () => {
  expect(named(captured, "vmtap0")).toEqual({
    name: "vmtap0",
    type: "system",
    bridge: "br0",
    datapath: "netdev",
    driver: "tun",
    externalIds: new Map([
      ["attached-mac", "52:54:00:77:00:09"],
      ["iface-id", "test-vm"],
      ["vm-id", "4c4c4544-0042-3510-8058-b4c04f4d3231"],
    ]),
    up: true,
    statistics: expect.any(Map),
    policing: { rateKbps: 10_000, burstKb: 800, rateKpps: 0 },
    qos: {
      type: "linux-htb",
      config: new Map([["max-rate", "80000000"]]),
      defaultQueue: new Map([
        ["burst", "800000"],
        ["max-rate", "8000000"],
      ]),
    },
  });
  expect(named(captured, "vmtap0")?.statistics.get("tx_dropped")).toBe(9035);
});

test("every interface is on the bridge of its port, both of a bond too", () => {
  const bridges = Object.fromEntries(parseInterfaces(captured).map(({ name, bridge }) => [name, bridge]));

  expect(bridges).toEqual({
    br0: "br0",
    vo1: "br0",
    vo2: "br0",
    vmtap0: "br0",
    en0: "br0",
    en1: "br0",
    missing0: "br0",
    p0: "br0",
    br1: "br1",
    p1: "br1",
  });
});

test("an interface that could not be opened is down, without counters", () => {
  expect(named(captured, "missing0")).toMatchObject({ up: false, statistics: new Map(), driver: "" });
  expect(named(captured, "br0")).toMatchObject({ up: false, type: "internal" });
});

test("a database that lacks all columns but the name tells less", () => {
  expect(parseInterfaces({ ...none, Interface: [{ name: "tap0" }] })).toEqual([
    {
      name: "tap0",
      type: "system",
      bridge: "",
      datapath: "",
      driver: "",
      externalIds: new Map(),
      up: undefined,
      statistics: new Map(),
      policing: { rateKbps: 0, burstKb: 0, rateKpps: 0 },
      qos: undefined,
    },
  ]);
  expect(parseInterfaces({ ...none, Interface: [{ type: "internal" }] })).toEqual([]);
  expect(parseInterfaces(none)).toEqual([]);
});

test("a bridge without a datapath type has the kernel's", () => {
  const tables = { ...captured, Bridge: (captured.Bridge as Row[]).map((row) => ({ ...row, datapath_type: "" })) };

  expect(named(tables, "vo1")).toMatchObject({ datapath: "system" });
});

test("a counter of -1 is one that the driver lacks", () => {
  const { statistics } =
    named(
      only({
        statistics: [
          "map",
          [
            ["rx_dropped", -1],
            ["tx_dropped", 3],
          ],
        ],
      }),
      "tap0",
    ) ?? {};

  expect(statistics).toEqual(new Map([["tx_dropped", 3]]));
});

test.each([
  [{ statistics: 7 }, "Interface tap0, statistics: expected a map, found 7"],
  [
    { statistics: ["map", [["rx_dropped"]]] },
    'Interface tap0, statistics: expected a map, found ["map",[["rx_dropped"]]]',
  ],
  [
    { statistics: ["map", [["rx_dropped", "9"]]] },
    'Interface tap0, statistics rx_dropped: expected a number, found "9"',
  ],
  [{ external_ids: ["set", []] }, 'Interface tap0, external_ids: expected a map, found ["set",[]]'],
  [{ type: 7 }, "Interface tap0, type: expected a string, found 7"],
  [{ link_state: ["set", 1] }, 'Interface tap0, link_state: expected a set, found ["set",1]'],
  [{ ingress_policing_rate: "1" }, 'Interface tap0, ingress_policing_rate: expected a number, found "1"'],
  [{ _uuid: ["uuid"] }, 'Interface tap0, _uuid: expected a UUID, found ["uuid"]'],
  [{ name: null }, "Interface name: expected a string, found null"],
])("%j is told with its place", (row, message) => {
  expect(() => parseInterfaces(only(row))).toThrow(new ParseError(message));
});

test("whatever the columns hold, the answer is interfaces or a ParseError", () => {
  const notation = fc.oneof(
    fc.jsonValue(),
    fc.tuple(fc.constantFrom("set", "map", "uuid"), fc.jsonValue()),
    fc.tuple(fc.constant("map"), fc.array(fc.tuple(fc.constantFrom(0, "a"), fc.jsonValue()))),
  );
  const row = fc.dictionary(
    fc.constantFrom("_uuid", "name", "ports", "interfaces", "qos", "queues", "type", "statistics", "error", "status"),
    notation,
  );
  const tables = fc.record({
    Bridge: fc.array(row, { maxLength: 2 }),
    Port: fc.array(row, { maxLength: 2 }),
    Interface: fc.array(row, { maxLength: 2 }),
    QoS: fc.array(row, { maxLength: 2 }),
    Queue: fc.array(row, { maxLength: 2 }),
  });
  fc.assert(
    fc.property(tables, (some) => {
      try {
        expect(parseInterfaces(some as Tables).every(({ name }) => name !== "")).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(ParseError);
      }
    }),
  );
});

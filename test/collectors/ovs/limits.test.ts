import { portLimits } from "../../../src/collectors/ovs/limits.ts";
import type { OvsInterface } from "../../../src/collectors/ovs/parse.ts";

const plain: OvsInterface = {
  name: "tap0",
  type: "system",
  bridge: "br0",
  datapath: "system",
  driver: "tun",
  externalIds: new Map(),
  up: true,
  statistics: new Map(),
  policing: { rateKbps: 0, burstKb: 0, rateKpps: 0 },
  qos: undefined,
};
const map = (values: Readonly<Record<string, string>>) => new Map(Object.entries(values));
const shaped = (type: string, config: Record<string, string>, queue: Record<string, string> = {}): OvsInterface => ({
  ...plain,
  qos: { type, config: map(config), defaultQueue: map(queue) },
});

test("without policing and shaping there is no limit", () => {
  expect(portLimits(plain, true)).toEqual([]);
});

test("policing of 10,000 kbit/s is 1.25 MB/s of what the guest sends, with the default burst of 8,000 kbit", () => {
  const policed = { ...plain, policing: { rateKbps: 10_000, burstKb: 0, rateKpps: 0 } };

  expect(portLimits(policed, true)).toEqual([
    { direction: "from_guest", bytesPerSecond: 1_250_000, burstBytes: 1_000_000 },
  ]);
  expect(portLimits(policed, false)).toMatchObject([{ direction: "to_guest" }]);
});

test("policing by packets has no bytes", () => {
  expect(portLimits({ ...plain, policing: { rateKbps: 0, burstKb: 100, rateKpps: 5 } }, true)).toEqual([
    { direction: "from_guest", packetsPerSecond: 5000 },
  ]);
});

test("of a queueing discipline and its default queue the tighter limit counts", () => {
  const qos = shaped("linux-htb", { "max-rate": "80000000" }, { "max-rate": "8000000", burst: "800000" });

  expect(portLimits(qos, true)).toEqual([{ direction: "to_guest", bytesPerSecond: 1_000_000, burstBytes: 100_000 }]);
  expect(portLimits(shaped("linux-hfsc", { "max-rate": "80000000" }), false)).toEqual([
    { direction: "from_guest", bytesPerSecond: 10_000_000, burstBytes: undefined },
  ]);
});

test("DPDK's policer is configured in bytes already", () => {
  expect(portLimits(shaped("egress-policer", { cir: "46000000", cbs: "2048" }), true)).toEqual([
    { direction: "to_guest", bytesPerSecond: 46_000_000, burstBytes: 2048 },
  ]);
});

test.each([
  ["linux-htb", {}],
  ["linux-htb", { "max-rate": "0" }],
  ["linux-htb", { "max-rate": "fast" }],
  ["linux-fq_codel", { "max-rate": "80000000" }],
  ["linux-noop", {}],
])("%s with %j limits nothing", (type, config) => {
  const limits = portLimits(shaped(type, config), true);

  expect(limits.filter(({ bytesPerSecond }) => bytesPerSecond !== undefined)).toEqual([]);
});

import { readFileSync } from "node:fs";
import { qdisc } from "../../../src/collectors/qdisc/index.ts";
import { createLimitReader } from "../../../src/collectors/qdisc/limits.ts";
import { qdiscOptions } from "../../../src/collectors/qdisc/options.ts";
import type { Host } from "../../../src/kernel/host.ts";
import { requestType } from "../../../src/kernel/netlink/message.ts";
import { parseQdiscs, qdiscsRequest } from "../../../src/kernel/netlink/traffic-control.ts";
import type { AnySample } from "../../../src/metrics/define.ts";
import { collectOnce } from "../../support/collecting.ts";
import { createFixtureHost } from "../../support/fixture-host.ts";

const kvmHost = createFixtureHost("linux-6.1-host");

function tool(name: string): string {
  return readFileSync(new URL(`../../fixtures/linux-6.1-host/tool/${name}`, import.meta.url), "utf8");
}

/** What `tc -s -j qdisc` printed at the same moment. */
interface Printed {
  readonly dev: string;
  readonly kind: string;
  readonly parent?: string;
  readonly packets: number;
  readonly drops: number;
  readonly overlimits: number;
  readonly qlen: number;
}

const printed = JSON.parse(tool("tc-qdisc.json")) as Printed[];

async function collect(options: unknown = {}, host: Host = kvmHost): Promise<readonly AnySample[]> {
  return (await collectOnce(qdisc, host, qdiscOptions.parse(options))).samples;
}

/** Values of one metric by the given labels. */
function valuesOf(samples: readonly AnySample[], name: string, ...labels: string[]): Record<string, number> {
  const found = samples.filter((s) => s.metric.name === `virtloss_${name}`);
  return Object.fromEntries(
    found.map((s) => [labels.map((label) => s.labels[label]).join(" "), "value" in s ? s.value : Number.NaN]),
  );
}

test.each([
  ["packets_total", "packets"],
  ["drops_total", "drops"],
  ["overlimits_total", "overlimits"],
  ["backlog_packets", "qlen"],
] as const)("%s are those that tc printed", async (metric, column) => {
  const ours = valuesOf(await collect(), `qdisc_${metric}`, "device", "kind");

  const theirs = printed
    .filter(({ kind }) => !["noqueue", "mq", "sfq"].includes(kind))
    .filter(({ dev, kind }) => Object.hasOwn(ours, `${dev} ${kind}`));
  const sums = new Map<string, number>();
  for (const row of theirs) {
    const key = `${row.dev} ${row.kind}`;
    sums.set(key, (sums.get(key) ?? 0) + row[column]);
  }
  expect(ours).toEqual(Object.fromEntries(sums));
});

test("losses of the machine are there: a token bucket, a policer, an emulated bad line", async () => {
  const drops = valuesOf(await collect(), "qdisc_drops_total", "device", "kind");

  expect(drops["eth1 tbf"]).toBeGreaterThan(50);
  expect(drops["h0 clsact"]).toBeGreaterThan(200);
  expect(drops["h1 netem"]).toBeGreaterThan(0);
});

test("uplinks are always shown, taps and veths where their queue limits or has dropped", async () => {
  expect(Object.keys(valuesOf(await collect(), "qdisc_packets_total", "device", "kind"))).toEqual([
    "eth0 fq_codel",
    "eth1 tbf",
    "h0 clsact",
    "h1 netem",
    "vnet0 htb",
    "vnet0 ingress",
    "vnet1 tbf",
    "vnet1 clsact",
    "vnet2 ingress",
  ]);
});

test("include shows a tap that neither limits nor dropped, exclude hides an uplink, include wins", async () => {
  const shown = async (options: unknown) => [
    ...new Set((await collect(options)).flatMap((s) => s.labels["device"] ?? [])),
  ];

  expect(await shown({ exclude: ".", include: "^vnet3$" })).toEqual(["vnet3"]);
  expect(await shown({ exclude: "^(vnet|h)" })).toEqual(["eth0", "eth1"]);
});

test("the queues of a card with several are added up, and their container is not counted as well", async () => {
  const samples = await collect();

  const perQueue = printed.filter(({ dev, kind }) => dev === "eth0" && kind === "fq_codel");
  const container = printed.find(({ dev, kind }) => dev === "eth0" && kind === "mq");
  expect(perQueue).toHaveLength(2);
  expect(valuesOf(samples, "qdisc_packets_total", "device", "kind")["eth0 fq_codel"]).toBe(container?.packets);
});

test("limits are those that were set, in the guest's direction", async () => {
  const samples = await collect();

  // tc's kbps are kilobytes a second.
  expect(valuesOf(samples, "network_limit_bytes_per_second", "device", "direction")).toEqual({
    "vnet0 to_guest": 5_000_000,
    "vnet0 from_guest": 128_000,
    "vnet1 to_guest": 5_000_000_000,
    "vnet2 from_guest": 250_000,
    "eth1 from_guest": 25_000,
    "h0 from_guest": 10_000,
  });
  expect(valuesOf(samples, "network_limit_packets_per_second", "device", "direction")).toEqual({
    "vnet1 from_guest": 5000,
  });
  expect(new Set(samples.flatMap((s) => s.labels["source"] ?? []))).toEqual(new Set(["qdisc"]));
});

test("bursts are those that tc prints, up to the clock's tick", async () => {
  const bursts = valuesOf(await collect(), "network_limit_burst_bytes", "device", "direction");

  expect(tool("tc-filter-vnet0.txt")).toContain("rate 1024Kbit burst 256Kb mtu");
  expect(bursts["vnet0 from_guest"]).toBeCloseTo(256 * 1024, -2);
  expect(tool("tc-filter-vnet2.txt")).toContain("rate 2Mbit burst 200Kb mtu");
  expect(bursts["vnet2 from_guest"]).toBeCloseTo(200 * 1024, -2);
  expect(tool("tc-filter-h0.txt")).toContain("rate 80Kbit burst 4000b mtu");
  expect(bursts["h0 from_guest"]).toBeCloseTo(4000, -1);
  expect(bursts["eth1 from_guest"]).toBeCloseTo(3000, -1);
});

/** The host, and what it was asked for. */
function counting(inner: Host): { readonly host: Host; readonly asked: Record<number, number> } {
  const asked: Record<number, number> = {};
  const host: Host = {
    ...inner,
    async netlink(request, signal) {
      const type = requestType(request);
      asked[type] = (asked[type] ?? 0) + 1;
      return inner.netlink(request, signal);
    },
  };
  return { host, asked };
}

const CLASSES = 42;
const FILTERS = 46;

test("classes and filters are asked for once, and again only after a minute or when the queues change", async () => {
  const { host, asked } = counting(kvmHost);
  const { signal } = new AbortController();
  const queues = parseQdiscs(await kvmHost.netlink(qdiscsRequest(), signal));
  const of = (link: number) => queues.filter((queue) => queue.link === link);
  const [vnet0 = 0] = queues.filter(({ kind }) => kind === "htb").map(({ link }) => link);
  let nowMs = 0;
  const read = createLimitReader(host, () => nowMs);

  const first = await read(new Map([[vnet0, of(vnet0)]]), signal);
  nowMs = 29_000;
  const second = await read(new Map([[vnet0, of(vnet0)]]), signal);
  expect(asked).toEqual({ [CLASSES]: 1, [FILTERS]: 1 });
  nowMs = 61_000;
  await read(new Map([[vnet0, of(vnet0)]]), signal);
  expect(asked).toEqual({ [CLASSES]: 2, [FILTERS]: 2 });
  await read(new Map([[vnet0, of(vnet0).filter(({ kind }) => kind === "htb")]]), signal);

  expect(second).toEqual(first);
  expect(first.get(vnet0)).toMatchObject({
    classes: { bytesPerSecond: 5_000_000 },
    policers: { bytesPerSecond: 128_000 },
  });
  expect(asked).toEqual({ [CLASSES]: 3, [FILTERS]: 2 });
});

test("a reading that was given up half-way leaves the rest to the next", async () => {
  const deadline = new AbortController();
  const giving: Host = {
    ...kvmHost,
    async netlink(request, signal) {
      signal.throwIfAborted();
      if (requestType(request) === CLASSES) deadline.abort();
      return kvmHost.netlink(request, signal);
    },
  };
  const { host, asked } = counting(giving);
  const { signal } = new AbortController();
  const queues = parseQdiscs(await kvmHost.netlink(qdiscsRequest(), signal));
  const own = (kind: string) => queues.filter((queue) => queue.kind === kind);
  const [clsact, htb] = [own("clsact").slice(0, 1), own("htb")];
  const there = new Map([...clsact, ...htb, ...own("ingress").slice(-1)].map((queue) => [queue.link, [queue]]));
  const read = createLimitReader(host, () => 0);

  await expect(read(there, deadline.signal)).rejects.toThrow("aborted");
  const askedBefore = asked[FILTERS] ?? 0;
  await read(there, signal);

  expect(there.size).toBe(3);
  expect((asked[FILTERS] ?? 0) - askedBefore).toBe(1);
});

test("an interface that was away and came back is asked anew", async () => {
  const { host, asked } = counting(kvmHost);
  const { signal } = new AbortController();
  const queues = parseQdiscs(await kvmHost.netlink(qdiscsRequest(), signal)).filter(({ kind }) => kind === "htb");
  const there = new Map(queues.map((queue) => [queue.link, [queue]]));
  const read = createLimitReader(host, () => 0);

  await read(there, signal);
  await read(new Map(), signal);
  await read(there, signal);

  expect(asked[CLASSES]).toBe(2);
});

test("a policer behind a condition, and one that drops nothing, limit no interface", async () => {
  const limited = Object.keys(valuesOf(await collect(), "network_limit_bytes_per_second", "device"));

  expect(tool("tc-filter-vnet3.txt")).toContain("rate 1Mbit burst 10Kb mtu 2Kb action drop");
  expect(tool("tc-filter-vnet3.txt")).toContain("rate 1Mbit burst 10Kb mtu 2Kb action pipe");
  expect(limited).not.toContain("vnet3");
});

import { formatNetwork } from "../../src/config/cidr.ts";
import { loadConfig } from "../../src/config/load.ts";
import { neededSeconds } from "../../src/config/probe-endpoint.ts";
import { errorsOf, load } from "./load-text.ts";
import { memoryFiles } from "./memory-files.ts";

const oneModule = (settings: string) => `probe: {modules: {m: {${settings}}}}`;

test("without the section, or without networks, nothing is allowed", async () => {
  expect((await load("")).probe).toBeUndefined();
  expect((await load("probe: {}")).probe?.allow).toEqual([]);
});

test("there are modules icmp, stamp and tcp unless others are configured", async () => {
  const { probe } = await load("probe: {allow: [10.0.0.0/8]}");

  expect(probe?.allow.map(formatNetwork)).toEqual(["10.0.0.0/8"]);
  expect(probe).toMatchObject({ concurrency: 8, timeoutOffsetSeconds: 0.5 });
  const modules = Object.values(probe?.modules ?? {});
  expect(modules.map(({ name, protocol, count }) => [name, protocol, count])).toEqual([
    ["icmp", "icmp", 100],
    ["stamp", "stamp", 100],
    ["tcp", "tcp", 100],
  ]);
  for (const module of modules) {
    expect(module.path).toMatchObject({ scope: "external", sizes: [64], ratePerSecond: 50, timeoutSeconds: 1 });
    // Such a run fits into the scrape timeout that Prometheus has unless told.
    expect(neededSeconds(module)).toBe(module.protocol === "stamp" ? 4 : 3);
    expect(module.path.tcpPort).toBeUndefined();
  }
  expect(Object.keys((await load("probe: {modules: {mine: {}}}")).probe?.modules ?? {})).toEqual(["mine"]);
});

test("a module has the keys of a path, and its key file stands beside the configuration", async () => {
  const files = memoryFiles({
    "/etc/c.yaml": `probe:
  modules:
    web: {protocol: tcp, port: 443, count: 5, rate: 10, timeout: 500ms, scope: gateway, dscp: 46, ttl: 9}
    sealed: {protocol: stamp, key_file: stamp.keys, port: 863, source_ports: 2, source: 10.0.0.1}
    odd: {sizes: [28, random], df: true, interface: eth0, ip_version: 6}
`,
    "/etc/stamp.keys": "ab".repeat(32),
  });
  const modules = (await loadConfig("/etc/c.yaml", undefined, files)).probe?.modules;

  expect(modules?.["web"]).toMatchObject({ protocol: "tcp", count: 5 });
  expect(modules?.["web"]?.path).toMatchObject({ tcpPort: 443, scope: "gateway", timeoutSeconds: 0.5 });
  expect(modules?.["web"]?.path.send).toMatchObject({ dscp: 46, ttl: 9 });
  expect(modules?.["sealed"]?.path).toMatchObject({
    keyFile: "/etc/stamp.keys",
    stampPort: 863,
    sizes: [120],
    ipVersion: 4,
  });
  expect(modules?.["odd"]?.path).toMatchObject({
    sizes: [28, "random"],
    ipVersion: 6,
    send: { df: true, device: "eth0" },
  });
});

test.each([
  [
    "probe: {allow: [10.0.0.300]}",
    "1:17: probe.allow[0]: expected a network such as 10.0.0.0/8 or fd00::/8, or one address",
  ],
  ["probe: {concurrency: 0}", "1:22: probe.concurrency: expected a number of runs from 1 to 1000, got 0"],
  [
    "probe: {timeout_offset: 11s}",
    '1:25: probe.timeout_offset: expected a duration from 0ms to 10s, such as 500ms, got "11s"',
  ],
  [
    "probe: {networks: []}",
    "1:9: probe.networks: unknown key; known keys are allow, modules, concurrency, timeout_offset",
  ],
  [oneModule("cuont: 5"), '1:23: probe.modules.m.cuont: unknown key; did you mean "count"?'],
  [
    oneModule("constructor: 5"),
    "probe.modules.m.constructor: unknown key; known keys are protocol, count, scope, rate,",
  ],
  [oneModule("protocol: udp"), '1:33: probe.modules.m.protocol: expected icmp, stamp or tcp, got "udp"'],
  [oneModule("count: 0"), "1:30: probe.modules.m.count: expected a whole number of packets from 1 to 100000, got 0"],
  [oneModule("rate: 0"), "probe.modules.m.rate: expected packets per second"],
  [oneModule("port: 1"), "probe.modules.m.port: icmp has no ports; leave it out"],
  [
    oneModule("protocol: stamp, sizes: [53]"),
    "probe.modules.m.sizes[0]: plain stamp packets have 52 bytes, or 56 and more; write 56",
  ],
  [
    oneModule("count: 3000"),
    "probe.modules.m.count: a run has to end within 60 s: count / rate + timeout, for stamp twice the timeout; send fewer packets, or faster",
  ],
  [oneModule("protocol: stamp, key_file: none"), "/etc/none: cannot be used"],
])("%s is told with its place", async (text, error) => {
  expect((await errorsOf(text)).join("\n")).toContain(error);
});

test.each(["1st", "a b", '""'])("a module may not be called %s", async (name) => {
  expect((await errorsOf(`probe: {modules: {${name}: {}}}`)).join("\n")).toMatch(/probe\.modules/);
});

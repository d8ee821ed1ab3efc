import type { PathName } from "../../src/config/discovery.ts";
import type { RecordType } from "../../src/config/discovery-schema.ts";
import { realFiles } from "../../src/config/files.ts";
import type { Answer } from "../../src/discovery/answer.ts";
import { SourceProblem } from "../../src/discovery/problem.ts";
import { createSources, type PathSource } from "../../src/discovery/sources.ts";
import { type ResolverMachine, thisMachine } from "../../src/prober/resolve/machine.ts";
import { type DnsServer, startDnsServer } from "../support/dns-server.ts";

let dns: DnsServer;

beforeEach(async () => {
  dns = await startDnsServer();
});

afterEach(async () => {
  await dns.close();
});

/** A source that asks the test's name server; its hosts file has what it is told. */
function sourceOf(name: string, type: RecordType, template: object = {}, hosts = ""): PathSource {
  const settings: PathName = {
    label: `${name} ${type}`,
    name,
    type,
    refreshSeconds: 30,
    template: { scope: "external", ...template },
  };
  const machine: ResolverMachine = { ...thisMachine([dns.server]), readText: async () => hosts };
  const [source] = createSources({ urls: [], names: [settings] }, realFiles, machine);
  if (!source) throw new Error("no source was made");
  return source;
}

function ask(source: PathSource): Promise<Answer> {
  return source.ask(new AbortController().signal);
}

async function problemOf(source: PathSource): Promise<string> {
  const error = await ask(source).catch((thrown: unknown) => thrown);
  if (error instanceof SourceProblem) return error.message;
  throw new Error(`expected a SourceProblem, got ${JSON.stringify(error)}`);
}

function record(address: string, ttlSeconds = 60) {
  return { family: address.includes(":") ? (6 as const) : (4 as const), address, ttlSeconds };
}

const service = (target: string, port: number) => ({ service: target, port, ttlSeconds: 60 });
const namesOf = ({ paths }: Answer) => paths.map(({ name }) => name);

test("every A and AAAA record is a path of its own, in an order that round robin does not change", async () => {
  dns.records = { "db.example": [record("10.0.0.2"), record("fd00::1"), record("10.0.0.1")] };
  const source = sourceOf("db.example", "address", { rate: 5, sizes: [64] });
  const first = await ask(source);
  dns.records = { "db.example": [record("10.0.0.1"), record("10.0.0.2"), record("fd00::1")] };

  expect(first.paths.map(({ name, target }) => [name, target])).toEqual([
    ["db.example/10.0.0.1", "10.0.0.1"],
    ["db.example/10.0.0.2", "10.0.0.2"],
    ["db.example/fd00::1", "fd00::1"],
  ]);
  expect(first.paths[0]).toMatchObject({ scope: "external", ratePerSecond: 5, sizes: [64] });
  expect((await ask(source)).paths).toEqual(first.paths);
});

test.each([
  ["A", ["db.example/10.0.0.1"]],
  ["AAAA", ["db.example/fd00::1"]],
] as const)("the type %s asks for these records only", async (type, names) => {
  dns.records = { "db.example": [record("fd00::1"), record("10.0.0.1")] };

  expect(namesOf(await ask(sourceOf("db.example", type)))).toEqual(names);
  expect(dns.questions).toBe(1);
});

test("every service of SRV is a path, with its port for tcp and stamp; its target is a name that the path follows", async () => {
  dns.records = {
    "_v._udp.example": [service("b.example", 1862), service("a.example", 862), service("a.example", 863)],
  };

  const stamp = await ask(sourceOf("_v._udp.example", "SRV", { protocols: ["stamp"] }));
  const both = await ask(sourceOf("_v._udp.example", "SRV", { protocols: ["tcp", "stamp"], stamp_port: 9 }));
  const icmp = await ask(sourceOf("_v._udp.example", "SRV"));

  expect(stamp.paths.map(({ name, target, stampPort }) => [name, target, stampPort])).toEqual([
    ["_v._udp.example/a.example:862", "a.example", 862],
    ["_v._udp.example/a.example:863", "a.example", 863],
    ["_v._udp.example/b.example:1862", "b.example", 1862],
  ]);
  expect(both.paths.map(({ tcpPort, stampPort }) => [tcpPort, stampPort])).toEqual([
    [862, 9],
    [863, 9],
    [1862, 9],
  ]);
  expect(namesOf(icmp)).toEqual(namesOf(stamp));
});

test("a service that is decidedly not there is no path", async () => {
  dns.records = { "_v._udp.example": [service(".", 0)] };

  expect(await ask(sourceOf("_v._udp.example", "SRV"))).toMatchObject({ paths: [] });
});

test("the shortest TTL says when to ask again, though not before 5 s", async () => {
  dns.records = { "db.example": [record("10.0.0.1", 600), record("fd00::1", 17)] };
  const source = sourceOf("db.example", "address");

  expect((await ask(source)).goodForSeconds).toBe(17);
  dns.records = { "db.example": [record("10.0.0.1", 600), record("fd00::1", 0)] };
  expect((await ask(sourceOf("db.example", "address"))).goodForSeconds).toBe(5);
});

test("the hosts file comes before DNS", async () => {
  dns.records = { "db.example": [record("10.0.0.9")] };
  const hosts = "10.0.0.1 db.example\n10.0.0.2 x DB.example # two\nfd00::1 db.example\n";

  expect(namesOf(await ask(sourceOf("db.example", "address", {}, hosts)))).toHaveLength(3);
  expect(namesOf(await ask(sourceOf("db.example.", "AAAA", {}, hosts)))).toEqual(["db.example./fd00::1"]);
  expect(dns.questions).toBe(0);
});

test("a name without a dot is asked of the system", async () => {
  const machine = thisMachine([dns.server]);
  const settings: PathName = {
    ...{ label: "l", name: "localhost", type: "A", refreshSeconds: 30, template: { scope: "control" } },
  };
  const [source] = createSources({ urls: [], names: [settings] }, realFiles, { ...machine, readText: async () => "" });

  expect(namesOf(await ask(source as PathSource))).toEqual(["localhost/127.0.0.1"]);
  expect(dns.questions).toBe(0);
});

test("records that come and go are paths that come and go; the last one takes the name away", async () => {
  const source = sourceOf("db.example", "A");
  const [a, b] = [record("10.0.0.1", 0), record("10.0.0.2", 0)];
  const answers: string[][] = [];
  for (const records of [[a], [a, b], [b], []]) {
    dns.records = { "db.example": records };
    answers.push(namesOf(await ask(source)));
  }
  dns.records = {};
  answers.push(namesOf(await ask(source)));

  const [one, two] = ["db.example/10.0.0.1", "db.example/10.0.0.2"];
  expect(answers).toEqual([[one], [one, two], [two], [], []]);
});

test("a name that never existed is a problem, not an empty list", async () => {
  expect(await problemOf(sourceOf("tpyo.example", "address"))).toBe(
    "there is no such name as tpyo.example: check its spelling, or create it",
  );
});

test.each([
  ["servfail", "the name server failed: see the name servers in /etc/resolv.conf"],
  ["refused", "the name server refused to answer: see the name servers in /etc/resolv.conf"],
  ["silent", "no name server answered: see the name servers in /etc/resolv.conf"],
] as const)("a server that says %s is a problem", async (state, message) => {
  dns.records = state;
  const started = performance.now();

  expect(await problemOf(sourceOf("db.example", "address"))).toBe(message);
  expect(performance.now() - started).toBeLessThan(7000);
});

test("a server that is dead is a problem", async () => {
  const source = sourceOf("db.example", "SRV");
  await dns.close();
  const message = await problemOf(source);
  dns = await startDnsServer();

  expect(message).toBe("no name server answered: see the name servers in /etc/resolv.conf");
});

test("where one of two questions fails the whole answer does, or half of the paths would go", async () => {
  dns.records = { "db.example": [record("10.0.0.1"), record("fd00::1")] };
  const real = thisMachine([dns.server]);
  const machine: ResolverMachine = {
    ...real,
    query: (name, family, signal) =>
      family === 4
        ? real.query(name, family, signal)
        : Promise.reject(Object.assign(new Error("failed"), { code: "ESERVFAIL" })),
  };
  const settings: PathName = {
    ...{ label: "l", name: "db.example", type: "address", refreshSeconds: 30, template: { scope: "external" } },
  };
  const [source] = createSources({ urls: [], names: [settings] }, realFiles, machine);

  expect(await problemOf(source as PathSource)).toContain("the name server failed");
});

test("an answer that has no room in a datagram comes over TCP, whole", async () => {
  const all = Array.from({ length: 3000 }, (_, i) => record(`10.1.${i >> 8}.${i & 255}`));
  dns.records = { "many.example": all };

  const { paths } = await ask(sourceOf("many.example", "A"));

  expect(dns.questionsOverTcp).toBe(1);
  expect(new Set(paths.map(({ target }) => target))).toEqual(new Set(all.map(({ address }) => address)));
});

test("a record that is no target refuses the answer", async () => {
  dns.records = { "db.example": [record("10.0.0.1"), record("224.0.0.1")] };

  expect(await problemOf(sourceOf("db.example", "A"))).toContain(
    'got "224.0.0.1"; a target is one machine, no broadcast',
  );
});

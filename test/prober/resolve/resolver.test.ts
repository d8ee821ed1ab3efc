import { setTimeout as sleep } from "node:timers/promises";
import type { TargetState } from "../../../src/prober/paths.ts";
import { type ResolverMachine, thisMachine } from "../../../src/prober/resolve/machine.ts";
import { createResolver, type ResolverTiming, resolverTiming } from "../../../src/prober/resolve/resolver.ts";
import { type DnsServer, startDnsServer } from "../../support/dns-server.ts";

let dns: DnsServer;
let stop: AbortController;

beforeEach(async () => {
  dns = await startDnsServer();
  stop = new AbortController();
});

afterEach(async () => {
  stop.abort();
  await dns.close();
});

const quick: ResolverTiming = {
  ttl: { min: 0.05, max: 0.2 },
  refresh: 0.05,
  poll: 0.05,
  retry: { first: 0.05, longest: 0.2 },
};

/** This machine with the test's name server, its hosts file, and a getaddrinfo that knows what it is told. */
function machine(files: Readonly<Record<string, string>> = {}, system: Readonly<Record<string, string[]>> = {}) {
  const real = thisMachine([dns.server]);
  const asked: string[] = [];
  const m: ResolverMachine = {
    ...real,
    byteOrder: "LE",
    readText: async (path) => files[path] ?? real.readText(path),
    lookup: async (name, family) => {
      asked.push(`${name} ${family}`);
      const found = system[name]?.filter((address) => address.includes(":") === (family === 6)) ?? [];
      if (found.length === 0) throw Object.assign(new Error("not found"), { code: "ENOTFOUND" });
      return found;
    },
  };
  return { machine: m, asked };
}

function record(address: string, ttlSeconds = 60) {
  return { family: address.includes(":") ? (6 as const) : (4 as const), address, ttlSeconds };
}

function watch(m: ResolverMachine, target: string, ipVersion?: 4 | 6, timing = quick): TargetState[] {
  const states: TargetState[] = [];
  createResolver(m, timing).watchTarget(target, ipVersion, (state) => states.push(state), stop.signal);
  return states;
}

async function until(isTrue: () => boolean): Promise<void> {
  for (let i = 0; i < 300 && !isTrue(); i++) await sleep(20);
  expect(isTrue()).toBe(true);
}

const v4 = (address: string) => ({ family: 4, address, zoneIndex: 0 });
const v6 = (address: string) => ({ family: 6, address, zoneIndex: 0 });
const advice = "check its spelling, /etc/hosts and the name servers in /etc/resolv.conf";

describe("one look", () => {
  test.each([
    ["10.0.0.1", v4("10.0.0.1")],
    ["fd00::1", v6("fd00::1")],
    ["fe80::1%7", { family: 6, address: "fe80::1", zoneIndex: 7 }],
  ])("the address %s is itself", async (target, address) => {
    expect(await createResolver(machine().machine).resolveOnce(target)).toEqual(address);
    expect(dns.questions).toBe(0);
  });

  test("the name of an interface becomes its index", async () => {
    const files = { "/sys/class/net/lo/ifindex": "1\n" };

    expect(await createResolver(machine(files).machine).resolveOnce("fe80::1%lo")).toEqual({
      family: 6,
      address: "fe80::1",
      zoneIndex: 1,
    });
  });

  test("an interface that is not there is told with the command that lists them", async () => {
    await expect(createResolver(machine().machine).resolveOnce("fe80::1%nosuch0")).rejects.toThrow(
      'this machine has no network interface "nosuch0": "ip -brief link" lists those it has',
    );
  });

  test("the hosts file comes before DNS", async () => {
    dns.records = { "db.example": [record("10.0.0.9")] };
    const files = { "/etc/hosts": "10.0.0.5 db.example\n" };

    expect(await createResolver(machine(files).machine).resolveOnce("DB.example.")).toEqual(v4("10.0.0.5"));
    expect(dns.questions).toBe(0);
  });

  test("the real hosts file knows localhost", async () => {
    expect(await createResolver(thisMachine()).resolveOnce("localhost")).toEqual(v4("127.0.0.1"));
  });

  test("IPv4 is preferred, IPv6 taken where there is no other, and ip_version decides", async () => {
    dns.records = { "both.example": [record("fd00::1"), record("10.0.0.1")], "six.example": [record("fd00::2")] };
    const { resolveOnce } = createResolver(machine().machine);

    expect(await resolveOnce("both.example")).toEqual(v4("10.0.0.1"));
    expect(await resolveOnce("both.example", 6)).toEqual(v6("fd00::1"));
    expect(await resolveOnce("six.example")).toEqual(v6("fd00::2"));
    await expect(resolveOnce("six.example", 4)).rejects.toThrow(
      `six.example has no IPv4 address (no such record, no such name): ${advice}`,
    );
  });

  test("what DNS does not know is asked of the system, and names without a dot only there", async () => {
    const { machine: m, asked } = machine({}, { short: ["10.0.0.3"], "mdns.local": ["10.0.0.4"] });
    const { resolveOnce } = createResolver(m);

    expect(await resolveOnce("short")).toEqual(v4("10.0.0.3"));
    expect(dns.questions).toBe(0);
    expect(await resolveOnce("mdns.local")).toEqual(v4("10.0.0.4"));
    expect(asked).toEqual(["short 4", "mdns.local 4"]);
  });

  test("a name that nobody knows is told with what to check", async () => {
    await expect(createResolver(machine().machine).resolveOnce("none.example")).rejects.toThrow(
      `none.example has no address (no such name): ${advice}`,
    );
  });

  test("a name server that is silent is given up in time", async () => {
    dns.records = "silent";
    const started = performance.now();

    await expect(createResolver(machine().machine).resolveOnce("db.example", 4)).rejects.toThrow(
      `db.example has no IPv4 address (no name server answered, no such name): ${advice}`,
    );
    expect(performance.now() - started).toBeLessThan(7000);
  });
});

describe("following a name", () => {
  test("it is asked again at its TTL and its new address is told, once", async () => {
    dns.records = { "db.example": [record("10.0.0.1", 0)] };
    const states = watch(machine().machine, "db.example");
    await until(() => dns.questions >= 3);
    dns.records = { "db.example": [record("10.0.0.2", 0)] };
    await until(() => states.length > 1);

    expect(states).toEqual([
      { status: "resolved", address: v4("10.0.0.1") },
      { status: "resolved", address: v4("10.0.0.2") },
    ]);
  });

  test("a TTL is kept, within its bounds", async () => {
    dns.records = { "db.example": [record("10.0.0.1", 3600)] };
    const timing = { ...quick, ttl: { min: 0, max: 3600 } };
    const states = watch(machine().machine, "db.example", undefined, timing);
    await until(() => states.length === 1);
    await sleep(300);

    expect(dns.questions).toBe(1);
    expect(resolverTiming.ttl).toEqual({ min: 5, max: 300 });
  });

  test("round robin does not move a path", async () => {
    const [a, b] = [record("10.0.0.1", 0), record("10.0.0.2", 0)];
    dns.records = { "db.example": [a, b] };
    const states = watch(machine().machine, "db.example");
    await until(() => states.length === 1);
    dns.records = { "db.example": [b, a] };
    const before = dns.questions;
    await until(() => dns.questions > before + 2);

    expect(states).toEqual([{ status: "resolved", address: v4("10.0.0.1") }]);
  });

  test("a name that fails now keeps its last good address, says why, and recovers", async () => {
    dns.records = { "db.example": [record("10.0.0.1", 0)] };
    const states = watch(machine().machine, "db.example");
    await until(() => states.length === 1);
    dns.records = {};
    await until(() => states.length === 2);
    dns.records = { "db.example": [record("10.0.0.1", 0)] };
    await until(() => states.length === 3);

    const good = { status: "resolved", address: v4("10.0.0.1") };
    const error = `db.example has no address (no such name): ${advice}`;
    expect(states).toEqual([good, { status: "unresolved", address: v4("10.0.0.1"), error }, good]);
  });

  test("a name that never resolved is tried again, later and later, and does not stop the others", async () => {
    dns.records = { "good.example": [record("10.0.0.1")] };
    const { machine: m, asked } = machine();
    const bad = watch(m, "bad.example", 4);
    const good = watch(m, "good.example", 4);
    await until(() => good.length === 1);
    await sleep(700);

    expect(bad).toEqual([{ status: "unresolved", error: expect.stringContaining("bad.example has no IPv4 address") }]);
    // At 0, 50, 150, 350, 550 and 750 ms.
    expect(asked.length).toBeGreaterThanOrEqual(3);
    expect(asked.length).toBeLessThanOrEqual(6);
    dns.records = { "bad.example": [record("10.0.0.2")] };
    await until(() => bad.length === 2);
    expect(bad[1]).toEqual({ status: "resolved", address: v4("10.0.0.2") });
  });

  test("a stop is heard at once, even while the name server is silent", async () => {
    dns.records = "silent";
    const { machine: m, asked } = machine();
    const states = watch(m, "db.example", 4);
    await until(() => dns.questions > 0);
    stop.abort();
    await sleep(100);

    expect(states).toEqual([]);
    expect(asked.length).toBeLessThanOrEqual(1);
  });
});

describe("following an interface", () => {
  test("one that comes back with another index is told", async () => {
    const files: Record<string, string> = { "/sys/class/net/veth9x/ifindex": "7\n" };
    const states = watch(machine(files).machine, "fe80::1%veth9x");
    await until(() => states.length === 1);
    delete files["/sys/class/net/veth9x/ifindex"];
    await until(() => states.length === 2);
    files["/sys/class/net/veth9x/ifindex"] = "8\n";
    await until(() => states.length === 3);

    const at = (zoneIndex: number) => ({ family: 6, address: "fe80::1", zoneIndex });
    expect(states).toEqual([
      { status: "resolved", address: at(7) },
      { status: "unresolved", address: at(7), error: expect.stringContaining('no network interface "veth9x"') },
      { status: "resolved", address: at(8) },
    ]);
  });
});

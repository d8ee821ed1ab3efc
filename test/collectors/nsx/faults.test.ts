import { createServer } from "node:net";
import { createNsx } from "../../../src/collectors/nsx/index.ts";
import type { NsxOptions } from "../../../src/collectors/nsx/options.ts";
import { perServer } from "../../../src/collectors/per-server.ts";
import { createCollectorRunner } from "../../../src/collectors/run.ts";
import type { FakeNsx } from "../../support/fake-nsx.mjs";
import * as objects from "../../support/fake-nsx-objects.mjs";
import { createNsxLab, POLICIES, readOnce, valuesOf } from "./support.ts";

const lab = createNsxLab();
afterAll(() => lab.stop());

const SEARCH = "/policy/api/v1/search/query";

async function startTwoSegments(): Promise<FakeNsx> {
  const manager = await lab.start();
  manager.objects = [
    objects.segment("a"),
    objects.segment("b"),
    objects.securityProfile("storm", { rx_broadcast: 1000 }),
    objects.securityBinding("a", "storm"),
    objects.policy("app", "Application"),
    objects.rule("app", "deny", { rule_id: 1 }),
  ];
  manager.statistics.set("/infra/segments/a", objects.segmentStatistics({}, { rx_dropped: 1, tx_dropped: 0 }));
  manager.statistics.set("/infra/segments/b", objects.segmentStatistics({}, { rx_dropped: 2, tx_dropped: 0 }));
  manager.statistics.set(`${POLICIES}/app`, objects.policyStatistics({ [`${POLICIES}/app/rules/deny`]: 5 }));
  return manager;
}

const firewallDrops = { a: 1, b: 2 };
function fromGuest(reading: Awaited<ReturnType<typeof readOnce>>) {
  const drops = valuesOf(reading, "virtloss_nsx_segment_drops_total", "network", "direction", "cause");
  return Object.fromEntries(
    ["a", "b"].flatMap((name) => {
      const packets = drops[`${name} from_guest firewall`];
      return packets === undefined ? [] : [[name, packets]];
    }),
  );
}

test.each([
  [
    "is overloaded",
    503,
    /^1 of 2 not read: statistics of segments \(.*\/segments\/a\/statistics\): it answers with status 503/,
  ],
  ["breaks off", "half", /the server closed the connection before its answer was whole/],
  ["sends 50 MB", "huge", /its answer is larger than 16 MiB$/],
  ["is no JSON", "<html>Sorry</html>", /statistics of segments: expected JSON, found <html>Sorry<\/html>$/],
  ["is another object", '{"error_code": 0}', /expected statistics, found another object$/],
  ["is a list", "[1, 2]", /expected an object, found \[1, 2\]$/],
  ["is empty", "", /expected JSON, found nothing$/],
  ["is a million brackets", "[".repeat(1_000_000), /expected JSON, found \[{60}$/],
  ["is an object a million deep", `${'{"results":['.repeat(300_000)}${"]}".repeat(300_000)}`, /found another object$/],
] as const)("one answer that %s leaves the others, and is noted", async (_, fault, note) => {
  const manager = await startTwoSegments();
  manager.faults.set("/policy/api/v1/infra/segments/a/statistics", fault);

  const reading = await readOnce(lab.open(manager));

  expect(fromGuest(reading)).toEqual({ b: 2 });
  expect(reading.notes).toEqual([expect.stringMatching(note)]);
  expect(valuesOf(reading, "virtloss_nsx_firewall_rule_dropped_packets_total", "rule_id")).toEqual({ 1: 5 });
});

test("a slow answer costs its timeout, and not the reading", async () => {
  const manager = await startTwoSegments();
  manager.faults.set(`${SEARCH}?query=resource_type:SegmentSecurityProfile&`, "hang");

  const reading = await readOnce(lab.open(manager, { timeoutSeconds: 0.3 }));

  expect(reading.notes).toEqual([
    expect.stringMatching(/^segment security profiles .*no whole answer within the timeout/),
  ]);
  expect(fromGuest(reading)).toEqual(firewallDrops);
});

test("silences that are not in a row leave the rest", async () => {
  const manager = await startTwoSegments();
  manager.faults.set(`${SEARCH}?query=resource_type:SegmentSecurityProfile&`, 503);
  manager.faults.set(`${SEARCH}?query=resource_type:DistributedFlood`, 503);

  const reading = await readOnce(lab.open(manager));

  expect(reading.notes).toHaveLength(2);
  expect(fromGuest(reading)).toEqual(firewallDrops);
});

test("a reading that is told to stop asks nothing more, and the next one is whole", async () => {
  const manager = await startTwoSegments();
  const source = lab.open(manager);
  manager.faults.set(`${SEARCH}?query=resource_type:QoSProfile`, "hang");
  const deadline = new AbortController();
  setTimeout(() => deadline.abort(), 300);

  await expect(readOnce(source, deadline.signal)).rejects.toMatchObject({ name: "ServerError" });
  expect(manager.asked.filter((question) => question.endsWith("/statistics"))).toEqual([]);

  manager.faults.clear();
  expect(fromGuest(await readOnce(source))).toEqual(firewallDrops);
});

test("a manager that dies in the middle of a reading is unreachable, after two timeouts and not twenty", async () => {
  const manager = await startTwoSegments();
  for (const type of ["SegmentSecurity", "QoS", "Distributed", "SegmentQoS", "Policy", "Rule", "SecurityPolicy"]) {
    manager.faults.set(`${SEARCH}?query=resource_type:${type}`, "hang");
  }
  const startedMs = performance.now();

  await expect(readOnce(lab.open(manager, { timeoutSeconds: 0.3 }))).rejects.toMatchObject({ reason: "unreachable" });

  expect(performance.now() - startedMs).toBeLessThan(2000);
});

test.each([403, 404, 500, 503] as const)("where search answers with %d, its lists are read", async (status) => {
  const manager = await startTwoSegments();
  const bySearch = await readOnce(lab.open(manager));
  manager.faults.set(SEARCH, status);

  const byLists = await readOnce(lab.open(manager));

  expect(byLists.series).toEqual(bySearch.series);
  expect(byLists.notes).toEqual([
    expect.stringMatching(/^segments .*; its lists are read instead of a search, without/),
  ]);
});

test("lists that each segment has of its own are read in turns", async () => {
  const manager = await lab.start();
  manager.faults.set(SEARCH, 404);
  manager.objects = [
    objects.securityProfile("storm", { rx_broadcast: 1000 }),
    ...Array.from({ length: 10 }, (_, i) => [
      objects.segment(`s${i}`),
      objects.securityBinding(`s${i}`, "storm"),
    ]).flat(),
  ];
  const source = lab.open(manager, { segmentsAtOnce: 4 });
  const limited = async () => {
    const limits = valuesOf(await readOnce(source), "virtloss_network_limit_packets_per_second", "network");
    return Object.keys(limits).length;
  };

  expect([await limited(), await limited(), await limited(), await limited()]).toEqual([4, 8, 10, 10]);
});

test("objects of another shape than documented are left out and counted, deleted ones are not mentioned", async () => {
  const manager = await startTwoSegments();
  manager.objects = [
    ...manager.objects,
    objects.segment("gone", { marked_for_delete: true }),
    objects.segment("escape", { path: "/infra/segments/../../api/session/destroy" }),
    { ...objects.segment("pathless"), path: 12 },
  ];

  const reading = await readOnce(lab.open(manager));

  expect(fromGuest(reading)).toEqual(firewallDrops);
  expect(reading.notes).toEqual(["segments: 2 left out, which are not as documented"]);
  expect(manager.asked.filter((question) => question.includes("destroy"))).toEqual([]);
});

test("names are any Unicode, on one line, and numbers may be written as text", async () => {
  const manager = await lab.start();
  const name = 'Büro\u2028"数据库"\n🛰️\u0000';
  manager.objects = [
    objects.segment("web segment/1".replace("/", "%"), { display_name: name }),
    objects.securityProfile(
      "storm",
      { rx_broadcast: "1000", rx_multicast: "many", tx_broadcast: -5 },
      { rate_limits_enabled: "true" },
    ),
    objects.securityBinding("web segment%1", "storm"),
  ];
  manager.statistics.set(
    "/infra/segments/web segment%1",
    objects.segmentStatistics({ rx_rate_limit_bcast_drops: "12345678901234" }),
  );

  const reading = await readOnce(lab.open(manager));

  expect(reading.notes).toEqual([]);
  expect(valuesOf(reading, "virtloss_network_limit_packets_per_second", "network", "direction", "traffic")).toEqual({
    'Büro?"数据库"?🛰️? from_guest broadcast': 1000,
  });
  expect(valuesOf(reading, "virtloss_nsx_segment_drops_total", "direction", "cause")).toMatchObject({
    "from_guest rate_limit_broadcast": 12_345_678_901_234,
  });
});

test("of segments with one name the drops are added up once all are known, and the tightest limit counts", async () => {
  const manager = await lab.start();
  manager.objects = [
    objects.segment("a", { display_name: "same" }),
    { ...objects.segment("b", { display_name: "same" }), path: "/orgs/default/projects/p/infra/segments/b" },
    objects.securityProfile("loose", { rx_broadcast: 1000 }),
    objects.securityProfile("tight", { rx_broadcast: 10, tx_broadcast: 7 }),
    objects.securityBinding("a", "loose"),
    { ...objects.securityBinding("b", "tight"), parent_path: "/orgs/default/projects/p/infra/segments/b" },
  ];
  manager.statistics.set("/infra/segments/a", objects.segmentStatistics({ rx_rate_limit_bcast_drops: 3 }));
  const source = lab.open(manager);

  const before = await readOnce(source);
  manager.statistics.set(
    "/orgs/default/projects/p/infra/segments/b",
    objects.segmentStatistics({ rx_rate_limit_bcast_drops: 4 }),
  );
  const after = await readOnce(source);

  expect(valuesOf(before, "virtloss_network_limit_packets_per_second", "direction")).toEqual({
    from_guest: 10,
    to_guest: 7,
  });
  expect(valuesOf(before, "virtloss_nsx_segment_drops_total", "cause")).toEqual({});
  expect(valuesOf(after, "virtloss_nsx_segment_drops_total", "direction", "cause")).toMatchObject({
    "from_guest rate_limit_broadcast": 7,
  });
});

test("a cursor that leads nowhere ends, and what comes on two pages is one", async () => {
  const manager = await startTwoSegments();
  const nowhere = JSON.stringify({ results: [objects.segment("a")], cursor: "again" });
  manager.faults.set(`${SEARCH}?query=resource_type:Segment&`, nowhere);
  await expect(readOnce(lab.open(manager))).resolves.toMatchObject({
    notes: [expect.stringMatching(/^segments: expected a new cursor, found the last one again; its lists are read/)],
  });

  manager.faults.clear();
  manager.objects = [...manager.objects, objects.segment("a")];

  expect((await readOnce(lab.open(manager))).series['virtloss_nsx_segments{server="nsx-a"}']).toBe(2);
});

test("of two managers one that is down leaves the other, and says why", async () => {
  const manager = await startTwoSegments();
  const closed = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => closed.once("listening", resolve));
  const { port } = closed.address() as { port: number };
  await new Promise((resolve) => closed.close(resolve));
  const options = (name: string, url: string): NsxOptions => ({
    name,
    url,
    username: "monitor",
    password: { variable: "NSX_PASSWORD" },
    timeoutSeconds: 2,
    tls: { caFile: lab.certificates.caFile, serverName: undefined, insecureSkipVerify: false },
    intervalSeconds: 60,
    segmentsAtOnce: 200,
    topRules: 50,
  });
  const servers = [options("up", manager.url), options("down", `https://127.0.0.1:${port}`)];
  const runner = createCollectorRunner(perServer(createNsx(), servers), lab.host, { deadlineMs: 10_000 });

  const reports = await runner.run();
  runner.stop();

  expect(reports.map(({ server, state, failure }) => ({ server, state, failure }))).toEqual([
    { server: "up", state: "ok", failure: undefined },
    { server: "down", state: "failed", failure: "unreachable" },
  ]);
  expect(reports[1]?.detail).toMatch(/^login \(\/api\/session\/create\): nothing listens there/);
  expect(reports[0]?.samples.length).toBeGreaterThan(5);
});

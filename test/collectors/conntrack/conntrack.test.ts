import { conntrack } from "../../../src/collectors/conntrack/index.ts";
import { parseConntrackStat } from "../../../src/collectors/conntrack/parse.ts";
import { type Host, SourceAbsentError } from "../../../src/kernel/host.ts";
import { collectOnce } from "../../support/collecting.ts";
import { createFixtureHost } from "../../support/fixture-host.ts";

// Columns as Linux 4.19 prints them: `searched` and `delete_list` are where later kernels have other counters.
const older = `entries  searched found new invalid ignore delete delete_list insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart
00000012  00000000 000000aa 00000000 00000007 00000011 00000000 00000000 00000000 00000003 0000000f 00000100 00000000  00000000 00000000 00000000 00000001
00000012  00000000 00000055 00000000 00000001 00000001 00000000 00000000 00000000 00000001 ffffffff 00000001 00000000  00000000 00000000 00000000 00000002
`;

function values(samples: Awaited<ReturnType<typeof collectOnce>>["samples"]): Record<string, number> {
  return Object.fromEntries(
    samples.map((s) => [[s.metric.name, ...Object.values(s.labels)].join(" "), "value" in s ? s.value : Number.NaN]),
  );
}

test("counters are hexadecimal, found by the header, and added up over the CPUs", () => {
  expect(Object.fromEntries(parseConntrackStat(older))).toEqual({
    drop: 0xf + 0xffffffff,
    early_drop: 0x101,
    insert_failed: 4,
  });
});

test("a kernel that lacks a column has no such cause", () => {
  expect(Object.fromEntries(parseConntrackStat("entries drop\n0 a\n"))).toEqual({ drop: 10 });
});

test.each([
  ["", 'row 0: expected a header that begins with "entries" and a row for each CPU, got ""'],
  ["entries drop\n", "row 0: expected a header"],
  ["drop\n0\n", 'got "drop"'],
  ["entries drop\n1 2\n1\n", 'row 2: expected 2 hex columns, got "1"'],
  ["entries drop\n1 -2\n", 'row 1: expected 2 hex columns, got "1 -2"'],
  ["entries drop\n1 NaN\n", "row 1: expected 2 hex columns"],
])("%j is refused with the row", (text, message) => {
  expect(() => parseConntrackStat(text)).toThrow(message);
});

// That machine sent 200 packets to as many ports while its table held 20; a rule of nftables counted the 23 that were tracked.
test("a table that was full has dropped what it did not track", async () => {
  const { samples } = await collectOnce(conntrack, createFixtureHost("linux-6.1-host"), {});

  expect(values(samples)).toEqual({
    virtloss_conntrack_entries: 20,
    virtloss_conntrack_entries_max: 20,
    "virtloss_conntrack_drops_total drop": 200 - 23,
    "virtloss_conntrack_drops_total early_drop": 3,
    "virtloss_conntrack_drops_total insert_failed": 0,
  });
});

test("a captured machine has its table's size and no losses", async () => {
  const { samples } = await collectOnce(conntrack, createFixtureHost("linux-6.18-virtio"), {});

  expect(values(samples)).toEqual({
    virtloss_conntrack_entries: 0,
    virtloss_conntrack_entries_max: 262_144,
    "virtloss_conntrack_drops_total drop": 0,
    "virtloss_conntrack_drops_total early_drop": 0,
    "virtloss_conntrack_drops_total insert_failed": 0,
  });
});

test("a kernel without the counters still tells how full the table is", async () => {
  const fixture = createFixtureHost("linux-6.18-virtio");
  const host: Host = {
    ...fixture,
    async readText(path) {
      if (path.startsWith("/proc/net/stat/")) throw new SourceAbsentError(`${path}: ENOENT`);
      return fixture.readText(path);
    },
  };

  expect(Object.keys(values((await collectOnce(conntrack, host, {})).samples))).toEqual([
    "virtloss_conntrack_entries",
    "virtloss_conntrack_entries_max",
  ]);
});

test("without connection tracking the source is absent", async () => {
  await expect(collectOnce(conntrack, createFixtureHost("linux-6.1-qemu"), {})).rejects.toThrow(SourceAbsentError);
});

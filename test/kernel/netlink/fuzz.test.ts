import fc from "fast-check";
import { filterLimit, htbLimit, tbfLimit } from "../../../src/collectors/qdisc/parse.ts";
import { outermost } from "../../../src/collectors/qdisc/tree.ts";
import { ParseError } from "../../../src/kernel/host.ts";
import { parseLinks } from "../../../src/kernel/netlink/link.ts";
import { type NetlinkMessage, readDump } from "../../../src/kernel/netlink/message.ts";
import { familyNumber, parseQueueStatistics } from "../../../src/kernel/netlink/queue-statistics.ts";
import { parseClasses, parseFilters, parseQdiscs } from "../../../src/kernel/netlink/traffic-control.ts";
import { attribute, concat, done, message, text, u32, u64 } from "../../support/netlink-bytes.ts";

const RUNS = 20_000;
/** On a machine that is busy with other tests. */
const PATIENCE_MS = 120_000;

/** Everything that reads a dump. @returns false where it was refused as malformed; anything else is a crash */
function survives(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof ParseError) return false;
    throw error;
  }
}

function readAll(messages: readonly NetlinkMessage[]): void {
  for (const link of parseLinks(messages).values()) expect(typeof link.name).toBe("string");
  outermost(parseQdiscs(messages)).map(tbfLimit);
  htbLimit(parseClasses(messages));
  parseFilters(messages).map(filterLimit);
  // To these, all of that is malformed more often than not; it must not be a crash.
  survives(() => familyNumber(messages, "netdev"));
  survives(() => parseQueueStatistics(messages));
}

const ifinfomsg = concat(u32(0, 7, 0x10043, 0));
const tcmsg = (handle: number, parent: number) => concat(u32(0, 7, handle, parent, 0x300));
const counters = attribute(7, attribute(1, u64(900n), u32(5)), attribute(3, u32(1, 100, 2, 0, 3)));
const port = attribute(18, attribute(1, text("tun")), attribute(4, text("bridge")), attribute(5, attribute(1, u32(3))));
const police = attribute(1, u32(0, 2, 0, 1000, 0, 0, 0, 125_000, 0, 0, 0));

const link = message(
  16,
  concat(
    ifinfomsg,
    attribute(3, text("tap0")),
    attribute(10, u32(3)),
    port,
    attribute(23, u64(1n, 2n, 3n, 4n, 0n, 0n, 5n, 6n)),
  ),
);
const tbf = message(
  36,
  concat(
    tcmsg(0x80010000, 0xffffffff),
    attribute(1, text("tbf")),
    attribute(2, attribute(1, u32(0, 0, 25_000, 0, 0, 0, 3000, 1_875_000, 0))),
    counters,
  ),
);
const htbClass = message(
  40,
  concat(
    tcmsg(0x10001, 0xffffffff),
    attribute(1, text("htb")),
    attribute(2, attribute(1, u32(0, 0, 1000, 0, 0, 2000, 10, 20, 0, 0, 0))),
  ),
);
const filter = message(
  44,
  concat(
    tcmsg(1, 0xfffffff2),
    attribute(1, text("matchall")),
    attribute(2, attribute(2, attribute(1, attribute(1, text("police")), attribute(2, police)))),
  ),
);
const dump = concat(link, tbf, htbClass, filter, done());

test("the dump that is cut and changed below is whole and means something", () => {
  const { messages, ended } = readDump(dump);

  expect(ended).toBe(0);
  expect(parseLinks(messages).get(7)).toMatchObject({ name: "tap0", kind: "tun", master: 3, bridgePortState: 3 });
  expect(parseQdiscs(messages).map(tbfLimit)).toEqual([{ bytesPerSecond: 25_000, burstBytes: 3000 }]);
  expect(htbLimit(parseClasses(messages))).toEqual({ bytesPerSecond: 2000, burstBytes: 0 });
  expect(parseFilters(messages).map(filterLimit)).toEqual([{ bytesPerSecond: 125_000, burstBytes: 8 }]);
});

test("a dump that is cut at any length is shorter, or refused", () => {
  const refused = Array.from(
    { length: dump.length },
    (_, length) => !survives(() => readDump(dump.subarray(0, length))),
  );

  // Whole messages are what a part of a dump consists of.
  const ends = [[], [link], [link, tbf], [link, tbf, htbClass], [link, tbf, htbClass, filter]].map(
    (messages) => concat(...messages).length,
  );
  expect(refused.flatMap((isRefused, length) => (isRefused ? [] : [length]))).toEqual(ends);
});

test.each([
  ["link", link],
  ["queue", tbf],
  ["class", htbClass],
  ["filter", filter],
])("a %s whose payload is cut at any length is read or refused, and nothing beside it is read", (_, whole) => {
  const [only] = readDump(whole).messages;
  if (!only) throw new Error("no message");

  const outcomes = Array.from({ length: only.payload.length }, (_, length) =>
    survives(() => readAll([{ type: only.type, payload: only.payload.slice(0, length) }])),
  );

  expect(new Set(outcomes)).toEqual(new Set([true, false]));
});

test(
  "random bytes, and a dump with some bytes changed, are read or refused",
  () => {
    const changed = fc
      .array(fc.tuple(fc.nat(dump.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
      .map((changes) => {
        const bytes = dump.slice();
        for (const [at, value] of changes) bytes[at] = value;
        return bytes;
      });
    const random = fc
      .tuple(fc.constantFrom(16, 36, 40, 44), fc.uint8Array({ maxLength: 200 }))
      .map(([type, payload]) => message(type, payload));
    const outcomes = { read: 0, refused: 0 };

    fc.assert(
      fc.property(fc.oneof(changed, random, fc.uint8Array({ maxLength: 300 })), (bytes) => {
        outcomes[survives(() => readAll(readDump(bytes).messages)) ? "read" : "refused"]++;
      }),
      { numRuns: RUNS },
    );

    expect(outcomes.read).toBeGreaterThan(RUNS / 20);
    expect(outcomes.refused).toBeGreaterThan(RUNS / 20);
  },
  PATIENCE_MS,
);

import type { ProbeModule } from "../../src/config/probe-endpoint.ts";
import { probeEndpointSchema } from "../../src/config/probe-endpoint-schema.ts";
import { closeRun, createAccounts, totalOf } from "../../src/probe-endpoint/accounts.ts";
import { SLOT_WORDS, STREAM, word } from "../../src/prober/tally.ts";

const parsed = () => probeEndpointSchema.parse({}).modules["icmp"] as ProbeModule;
const icmp = parsed();

type Words = Partial<Record<keyof typeof STREAM, number>>;

function tally(words: Words): Float64Array {
  const all = new Float64Array(SLOT_WORDS);
  for (const [name, value] of Object.entries(words)) all[STREAM[name as keyof typeof STREAM]] = value;
  return all;
}

/** The engine as of one moment, with these streams in slots 1, 2, … */
function snapshot(...streams: Words[]) {
  return { engine: new Float64Array(SLOT_WORDS), stream: (slot: number) => tally(streams[slot - 1] ?? {}) };
}

test("runs that are over and runs under way add up, and no counter goes back when a run ends", () => {
  const account = createAccounts(10).of(icmp, "a");
  account.open.add(1).add(2);
  const first = { sent: 10, received: 7, packets: 8, lost: 1, inFlight: 2 };
  const now = totalOf(account, snapshot(first, { sent: 5, received: 5, packets: 5 }));
  expect([word(now, STREAM.sent), word(now, STREAM.packets), word(now, STREAM.inFlight)]).toEqual([15, 13, 2]);

  const judged = { ...first, packets: 10, lost: 3, inFlight: 0 };
  closeRun(account, 1, snapshot(judged));

  const later = totalOf(account, snapshot({}, { sent: 6, received: 6, packets: 6 }));
  expect([word(later, STREAM.sent), word(later, STREAM.packets), word(later, STREAM.lost)]).toEqual([16, 16, 3]);
  expect(word(later, STREAM.inFlight)).toBe(0);
});

test("a target that stays silent has been so since its first silent run, until it answers", () => {
  const account = createAccounts(10).of(icmp, "a");
  const silent = (since: number) => ({
    sent: 3,
    packets: 3,
    lost: 3,
    bursts: 1,
    openRunSince: since,
    openRunPackets: 3,
  });
  closeRun(
    account,
    1,
    snapshot({ sent: 4, packets: 4, received: 2, lost: 2, bursts: 1, openRunSince: 50, openRunPackets: 2 }),
  );
  closeRun(account, 1, snapshot(silent(100)));
  closeRun(account, 1, snapshot({})); // nothing could be sent: nothing is known
  account.open.add(1);

  const total = totalOf(account, snapshot(silent(200)));
  expect([word(total, STREAM.openRunSince), word(total, STREAM.openRunPackets)]).toEqual([50, 8]);
  // Two runs are over: their losses are bursts of their own. The third may go on.
  expect([word(total, STREAM.bursts), word(total, STREAM.burst + 1), word(total, STREAM.burst + 2)]).toEqual([3, 1, 1]);
  expect(word(total, STREAM.burstSum)).toBe(5);

  closeRun(account, 1, snapshot({ sent: 3, packets: 3, received: 3 }));
  expect(word(totalOf(account, snapshot()), STREAM.openRunSince)).toBe(0);
});

test("a module with other settings begins anew; the same ones, loaded again, do not", () => {
  const accounts = createAccounts(10);
  closeRun(accounts.of(icmp, "a"), 1, snapshot({ sent: 1 }));

  expect(word(accounts.of(parsed(), "a").closed, STREAM.sent)).toBe(1);
  expect(word(accounts.of({ ...icmp, count: 7 }, "a").closed, STREAM.sent)).toBe(0);
});

test("a hundred thousand targets take the room of ten, and the ones in use keep theirs", () => {
  const accounts = createAccounts(10);
  closeRun(accounts.of(icmp, "used"), 1, snapshot({ sent: 1 }));
  for (let i = 0; i < 100_000; i++) {
    accounts.of(icmp, `${i}`);
    if (i % 5 === 0) accounts.of(icmp, "used");
  }

  expect(word(accounts.of(icmp, "used").closed, STREAM.sent)).toBe(1);
  expect(accounts.of(icmp, "99999")).toBe(accounts.of(icmp, "99999"));
});

import { LOST, RECEIVED, VOID } from "../../src/analysis/packet-log.ts";
import { defaultThresholds } from "../../src/analysis/thresholds.ts";
import type { ProbeModule } from "../../src/config/probe-endpoint.ts";
import { probeEndpointSchema } from "../../src/config/probe-endpoint-schema.ts";
import { isNotable, isSuccess, type RunFacts, refusalOf } from "../../src/probe-endpoint/run-facts.ts";
import { summaryOf, transcriptOf } from "../../src/probe-endpoint/transcript.ts";
import { SLOT_WORDS, STREAM, sendErrorReasons } from "../../src/prober/tally.ts";

const { modules } = probeEndpointSchema.parse({ modules: { m: { count: 4 }, near: { scope: "gateway" } } });

function tally(words: Partial<Record<keyof typeof STREAM, number>>): Float64Array {
  const all = new Float64Array(SLOT_WORDS);
  for (const [name, value] of Object.entries(words)) all[STREAM[name as keyof typeof STREAM]] = value;
  return all;
}

function logOf(outcomes: readonly number[]): RunFacts["log"] {
  return {
    count: outcomes.length,
    sentSeconds: Float64Array.from(outcomes, (_, i) => 100 + i / 50),
    outcome: Uint8Array.from(outcomes),
    rttSeconds: Float64Array.from(outcomes, (outcome) => (outcome === RECEIVED ? 48e-6 : Number.NaN)),
  };
}

function facts(changes: Partial<RunFacts> = {}): RunFacts {
  const run = tally({ sent: 4, received: 2, packets: 3, lost: 1, void: 1, bursts: 1, burstSquared: 1, longestRun: 1 });
  return {
    target: "db.example",
    module: modules["m"] as ProbeModule,
    address: "10.0.0.12",
    startedAtSeconds: 1_795_000_000.5,
    lookupSeconds: 0.0012,
    durationSeconds: 1.08,
    limitSeconds: 9.5,
    complete: true,
    run,
    total: run,
    log: logOf([RECEIVED, LOST, VOID, RECEIVED]),
    failure: undefined,
    ...changes,
  };
}

test("a transcript tells how the target was found, each packet, and what they add up to", () => {
  expect(transcriptOf(facts())).toBe(`2026-11-18 11:06:40.500 UTC: db.example, module m
address: 10.0.0.12, found in 1.20 ms
asked: 4 icmp packets, 50/s, 64 bytes, timeout 1.00 s; an answer within 9.50 s

packet  sent after  size            result
     1    0.0000 s  64 bytes        received, RTT 48.0 µs
     2    0.0200 s  64 bytes        lost
     3    0.0400 s  64 bytes        void
     4    0.0600 s  64 bytes        received, RTT 48.0 µs

complete after 1.08 s
sent 4, received 2, lost 1, void 1, in flight 0
late 0, duplicates 0, reordered 0, runs of loss 1, the longest 1
loss 33.3 % (1 of 3; 95 % interval 6.15 % to 79.2 %)
`);
});

test("of a long run the packets that came back are left out, and no transcript is long", () => {
  const some = Array.from({ length: 100_000 }, (_, i) => (i % 1000 === 0 ? LOST : RECEIVED));
  const none = some.map(() => LOST);

  expect(transcriptOf(facts({ log: logOf(some) })).match(/ lost$/gm)).toHaveLength(100);
  expect(transcriptOf(facts({ log: logOf(some) }))).toContain(
    "(99900 more packets, received ones first, are left out)",
  );
  expect(transcriptOf(facts({ log: logOf(none) })).length).toBeLessThan(32_000);
});

test("a target without an address has no packets to tell of", () => {
  const unresolved = facts({ address: "", failure: { reason: "unresolved", message: "no such name" } });

  expect(transcriptOf(unresolved)).toBe(
    "2026-11-18 11:06:40.500 UTC: db.example, module m\naddress: none in 1.20 ms: no such name\n",
  );
  expect(summaryOf(unresolved)).toBe("no such name");
});

test("a run succeeds with its first reply, and is notable where it failed, was cut short or surely lost too much", () => {
  const run = (lost: number, module = "m", complete = true) =>
    facts({
      module: modules[module] as ProbeModule,
      complete,
      run: tally({ sent: 1000, packets: 1000, received: 1000 - lost, lost, burstSquared: lost }),
    });
  const notable = (one: RunFacts) => isNotable(one, defaultThresholds);

  expect([isSuccess(run(0)), isSuccess(run(999)), isSuccess(run(1000))]).toEqual([true, true, false]);
  expect([notable(run(0)), notable(run(1)), notable(run(20)), notable(run(1000))]).toEqual([false, false, true, true]);
  // 0.5 % is the limit of an external path, 0.1 % of any other.
  expect([notable(run(6)), notable(run(6, "near"))]).toEqual([false, true]);
  expect(notable(run(0, "m", false))).toBe(true);
  expect(summaryOf(run(0, "m", false))).toMatch(/cut short$/);
});

test("a run of which the kernel sent nothing says why", () => {
  const refused = tally({ sent: 4, void: 4, lastSendError: sendErrorReasons.indexOf("ENETUNREACH") });
  refused[STREAM.sendErrors + sendErrorReasons.indexOf("ENETUNREACH")] = 4;

  expect(refusalOf(refused)).toEqual({ reason: "send_refused", message: expect.stringContaining("(ENETUNREACH)") });
  refused[STREAM.sent] = 5;
  expect(refusalOf(refused)).toBeUndefined();
  expect(refusalOf(tally({}))).toBeUndefined();
});

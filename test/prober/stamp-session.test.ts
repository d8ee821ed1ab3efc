import fc from "fast-check";
import type { Doubts } from "../../src/prober/doubts.ts";
import { createDoubts, RecentSpans } from "../../src/prober/doubts.ts";
import { ANY_LENGTH, Ledger } from "../../src/prober/ledger.ts";
import { StampSession } from "../../src/prober/stamp-session.ts";
import { lostPackets, SLOT_WORDS, STREAM, word } from "../../src/prober/tally.ts";

const MS = 1e6;
const TIMEOUT_MS = 1000;
const CAPACITY = 4096;

/** What happens to a packet on its way. */
type Fate = "back" | "lost there" | "lost back" | "late" | "refused" | "void";

interface Reflector {
  /** Its number for a packet of ours; asked in the order of arrival. */
  number(ours: number): number;
}

const stateful = (first = 0): Reflector => {
  let next = first;
  return { number: () => next++ >>> 0 };
};
const stateless: Reflector = { number: (ours) => ours };

/** Sends a packet each millisecond through a session and a ledger, and lets each meet its fate. */
function play(fates: readonly Fate[], reflector: Reflector, firstNumber = 0) {
  const tally = new Float64Array(SLOT_WORDS);
  const ledger = new Ledger(tally, {
    timeoutNanos: TIMEOUT_MS * MS,
    capacity: CAPACITY,
    missingStamp: () => undefined,
  });
  const session = new StampSession(1, CAPACITY, firstNumber);
  const doubts: Doubts = createDoubts(new RecentSpans());
  const late: { number: number; reflected: number; sequence: number }[] = [];
  const numbers: number[] = [];
  for (const [i, fate] of fates.entries()) {
    const sequence = ledger.attempt(0, 64, i * MS);
    if (fate === "refused") {
      session.take(sequence, 0, 1);
      session.untake();
      ledger.refused(sequence, "EPERM");
      continue;
    }
    const number = session.take(sequence, i, 1);
    numbers.push(number);
    ledger.sent(sequence, i * MS);
    if (fate === "lost there") continue;
    // With a number, and without a verdict: so it is with what our own socket dropped.
    if (fate === "void") ledger.refused(sequence, "EPERM");
    const reflected = reflector.number(number);
    if (fate === "late") late.push({ number, reflected, sequence });
    if (fate !== "back") continue;
    doubts.nowNanos = i * MS + 10;
    session.replied(session.unwrap(number >>> 0), reflected);
    ledger.replied(sequence, ANY_LENGTH, Number.NaN, doubts);
  }
  const settle = (nowMs: number) => {
    doubts.nowNanos = nowMs * MS;
    doubts.drainedNanos = nowMs * MS;
    ledger.judge(doubts, Number.POSITIVE_INFINITY);
    session.decide(ledger, tally, nowMs * MS, 2 * TIMEOUT_MS * MS);
  };
  settle(fates.length + TIMEOUT_MS + 100);
  for (const { number, reflected, sequence } of late) {
    session.replied(session.unwrap(number >>> 0), reflected);
    ledger.replied(sequence, ANY_LENGTH, Number.NaN, doubts);
  }
  settle(fates.length + 3 * TIMEOUT_MS);
  const { settled } = session;
  session.giveUp(tally);
  return {
    numbers,
    settled,
    lost: lostPackets(tally),
    forward: word(tally, STREAM.directionForward),
    reverse: word(tally, STREAM.directionReverse),
    unknown: word(tally, STREAM.directionUnknown),
  };
}

const back = (n: number): Fate[] => Array.from({ length: n }, () => "back");

test("numbers begin at 0, leave out 1, and go on from 2", () => {
  expect(play(back(4), stateful()).numbers).toEqual([0, 2, 3, 4]);
});

test("a refused packet takes no number, even where the one that is left out would be next", () => {
  expect(play(["refused", "back", "refused", "back", "refused", "back"], stateful()).numbers).toEqual([0, 2, 3]);
});

test.each<[string, Fate[], Partial<ReturnType<typeof play>>]>([
  ["one lost on the way there", [...back(3), "lost there", ...back(2)], { forward: 1, reverse: 0, unknown: 0 }],
  ["one lost on the way back", [...back(3), "lost back", ...back(2)], { forward: 0, reverse: 1, unknown: 0 }],
  [
    "a mixed gap",
    [...back(3), "lost there", "lost back", "lost there", ...back(2)],
    { forward: 2, reverse: 1, unknown: 0 },
  ],
  ["loss after the last reply", [...back(3), "lost there", "lost back"], { forward: 0, reverse: 0, unknown: 2 }],
  ["loss before the first reply", ["lost there", "lost there", ...back(2)], { forward: 0, reverse: 0, unknown: 2 }],
  [
    "loss beside the number that is left out",
    ["back", "lost there", ...back(3)],
    { forward: 0, reverse: 0, unknown: 1 },
  ],
  ["a late reply", [...back(3), "late", ...back(2)], { lost: 1, forward: 0, reverse: 0, unknown: 1 }],
  [
    "a gap that holds a void packet",
    [...back(3), "lost there", "void", ...back(2)],
    { lost: 1, forward: 0, unknown: 1 },
  ],
  [
    "a late reply beside a loss of each direction",
    [...back(3), "lost there", "late", "lost back", ...back(2)],
    { lost: 3, forward: 1, reverse: 1, unknown: 1 },
  ],
])("%s", (_, fates, expected) => {
  expect(play(fates, stateful())).toMatchObject(expected);
});

test("a reflector that repeats our numbers tells no direction", () => {
  expect(play([...back(5), "lost there", "lost back", ...back(5)], stateless)).toMatchObject({
    lost: 2,
    forward: 0,
    reverse: 0,
    unknown: 2,
  });
});

test("a reflector that starts anew in a gap makes that gap unknown, and the next one known", () => {
  let reflector = stateful();
  const restarting: Reflector = {
    number(ours) {
      if (ours === 8) reflector = stateful();
      return reflector.number(ours);
    },
  };
  // Number 7 is the one that was lost: the reply to 8 has a number from a new count.
  const told = play([...back(6), "lost there", ...back(4), "lost there", ...back(3)], restarting);

  expect(told).toMatchObject({ lost: 2, forward: 1, reverse: 0, unknown: 1 });
});

test("numbers of both sides that wrap at 32 bits are numbers like others", () => {
  const fates: Fate[] = [...back(8), "lost there", ...back(8), "lost back", ...back(8)];

  expect(play(fates, stateful(2 ** 32 - 5), 2 ** 32 - 10)).toMatchObject({ forward: 1, reverse: 1, unknown: 0 });
});

test("for every history, the three directions add up to what was lost, and none is claimed wrongly", () => {
  const fate = fc.oneof(
    { weight: 12, arbitrary: fc.constant<Fate>("back") },
    ...(["lost there", "lost back", "late", "refused"] as const).map((one) => ({
      weight: 1,
      arbitrary: fc.constant<Fate>(one),
    })),
  );
  fc.assert(
    fc.property(fc.array(fate, { minLength: 1, maxLength: 200 }), (fates) => {
      const count = (wanted: Fate) => fates.filter((one) => one === wanted).length;
      const told = play(fates, stateful());

      expect(told.settled).toBe(true);
      expect(told.lost).toBe(count("lost there") + count("lost back") + count("late"));
      expect(told.forward + told.reverse + told.unknown).toBe(told.lost);
      expect(told.forward).toBeLessThanOrEqual(count("lost there"));
      expect(told.reverse).toBeLessThanOrEqual(count("lost back"));
      expect(told.unknown).toBeGreaterThanOrEqual(count("late"));
    }),
    { numRuns: 2000 },
  );
});

test("a reflector that counts nonsense never makes a claim that does not add up", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom<Fate>("back", "back", "lost there"), { minLength: 1, maxLength: 60 }),
      fc.infiniteStream(fc.integer({ min: 0, max: 2 ** 32 - 1 })),
      (fates, numbers) => {
        const told = play(fates, { number: () => numbers.next().value as number });

        expect(told.forward + told.reverse + told.unknown).toBe(told.lost);
        expect(Math.min(told.forward, told.reverse, told.unknown)).toBeGreaterThanOrEqual(0);
      },
    ),
    { numRuns: 1000 },
  );
});

import fc from "fast-check";
import { createDoubts, type Doubts, RecentSpans } from "../../src/prober/doubts.ts";
import { Ledger } from "../../src/prober/ledger.ts";
import { rttBuckets } from "../../src/prober/metrics.ts";
import {
  judgedPackets,
  lostPackets,
  SLOT_WORDS,
  STREAM,
  sendErrorReasons,
  sum,
  voidPackets,
  voidReasons,
  word,
} from "../../src/prober/tally.ts";

const MS = 1e6;
const TIMEOUT_MS = 1000;
/** The wall clock of these tests reads this much more than the monotonic one. */
const OFFSET = 5e9;

/** A ledger on a path and a clock of the test's own: times in milliseconds, stamps as the kernel would give them. */
function createBench(capacity = 64) {
  const tally = new Float64Array(SLOT_WORDS);
  const doubts: Doubts = createDoubts(new RecentSpans());
  doubts.realtimeOffsetNanos = OFFSET;
  const missing: string[] = [];
  const ledger = new Ledger(tally, {
    timeoutNanos: TIMEOUT_MS * MS,
    capacity,
    missingStamp: (direction) => missing.push(direction),
  });
  return {
    tally,
    doubts,
    ledger,
    missing,
    send(atMs: number, { stamped = true } = {}): number {
      const sequence = ledger.attempt(0, 64, atMs * MS);
      ledger.sent(sequence, atMs * MS);
      if (stamped) ledger.transmitted(sequence, atMs * MS + OFFSET);
      return sequence;
    },
    /** @param stampMs when the kernel got the reply, `readMs` when we read it */
    reply(sequence: number, stampMs: number, readMs = stampMs, bytes = 64): boolean {
      doubts.nowNanos = readMs * MS;
      return ledger.replied(sequence, bytes, stampMs * MS + OFFSET, doubts);
    },
    /** The socket was read to its end at this time, and verdicts are given. */
    judge(atMs: number): void {
      doubts.nowNanos = atMs * MS;
      doubts.drainedNanos = atMs * MS;
      ledger.judge(doubts, Number.POSITIVE_INFINITY);
    },
    counts: () => ({
      sent: word(tally, STREAM.sent),
      received: word(tally, STREAM.received),
      lost: lostPackets(tally),
      void: voidPackets(tally),
      late: word(tally, STREAM.late),
      inFlight: word(tally, STREAM.inFlight),
    }),
    voided: (reason: (typeof voidReasons)[number]) => word(tally, STREAM.void + voidReasons.indexOf(reason)),
  };
}

describe("verdicts", () => {
  test("a packet that was answered in time is received, with its RTT between the kernel's stamps", () => {
    const bench = createBench();
    const sequence = bench.send(0);

    bench.reply(sequence, 3);
    bench.judge(10);

    expect(bench.counts()).toEqual({ sent: 1, received: 1, lost: 0, void: 0, late: 0, inFlight: 0 });
    expect(word(bench.tally, STREAM.rttSum)).toBeCloseTo(0.003, 9);
    expect(sum(bench.tally, STREAM.rtt, rttBuckets.length + 1)).toBe(1);
  });

  test("an unanswered packet is lost only after the socket was drained past its deadline", () => {
    const bench = createBench();
    bench.send(0);

    bench.judge(1000);
    expect(bench.counts()).toMatchObject({ lost: 0, inFlight: 1 });
    bench.judge(1021);

    expect(bench.counts()).toMatchObject({ lost: 1, inFlight: 0 });
  });

  test("verdicts come in send order: a reply waits for its predecessor", () => {
    const bench = createBench();
    bench.send(0);
    const second = bench.send(10);

    bench.reply(second, 12);
    bench.judge(500);
    expect(bench.counts()).toMatchObject({ received: 0, inFlight: 2 });
    bench.judge(1100);

    expect(bench.counts()).toMatchObject({ received: 1, lost: 1, inFlight: 0 });
  });

  test("a reply that the kernel stamped after the deadline is lost, and late", () => {
    const bench = createBench();
    const sequence = bench.send(0);

    bench.reply(sequence, 1001);
    bench.judge(1010);

    expect(bench.counts()).toEqual({ sent: 1, received: 0, lost: 1, void: 0, late: 1, inFlight: 0 });
  });

  test("a reply after the verdict is late once, and a duplicate from then on", () => {
    const bench = createBench();
    const sequence = bench.send(0);
    bench.judge(1100);

    bench.reply(sequence, 1200);
    bench.reply(sequence, 1201);

    expect(bench.counts()).toMatchObject({ lost: 1, late: 1 });
    expect(word(bench.tally, STREAM.duplicates)).toBe(1);
  });

  test("a reply that was stamped in time but read five seconds later, because we were stopped, is received", () => {
    const bench = createBench();
    const sequence = bench.send(0);

    bench.reply(sequence, 2, 5000);
    bench.judge(5000);

    expect(bench.counts()).toMatchObject({ received: 1, lost: 0, void: 0 });
    expect(word(bench.tally, STREAM.rttSum)).toBeCloseTo(0.002, 9);
  });

  test("a reply of another length or to a number never sent is none of ours", () => {
    const bench = createBench();
    const sequence = bench.send(0);

    expect(bench.reply(sequence, 1, 1, 63)).toBe(false);
    expect(bench.reply(sequence + 1, 1)).toBe(false);
    expect(bench.counts()).toMatchObject({ received: 0, inFlight: 1 });
  });

  test("a reply that overtakes another is reordered, a second one is a duplicate", () => {
    const bench = createBench();
    const [first, second] = [bench.send(0), bench.send(1)];

    bench.reply(second, 5);
    bench.reply(first, 6);
    bench.reply(first, 7);
    bench.judge(10);

    expect(word(bench.tally, STREAM.reordered)).toBe(1);
    expect(word(bench.tally, STREAM.duplicates)).toBe(1);
    expect(bench.counts()).toMatchObject({ received: 2, lost: 0 });
  });
});

describe("doubts", () => {
  test("an unanswered packet whose reply window overlaps a drop at our own socket is void, its neighbour outside is lost", () => {
    const bench = createBench();
    bench.send(0);
    bench.send(3000);
    bench.doubts.socketDrops.add(900 * MS, 1000 * MS);

    bench.judge(5000);

    expect(bench.voided("socket_drop")).toBe(1);
    expect(bench.counts()).toMatchObject({ lost: 1, void: 1 });
  });

  test("a loss that overlaps a stall stays a loss, and is counted as stalled", () => {
    const bench = createBench();
    bench.send(0);
    bench.send(100);
    bench.doubts.stalls.add(100.5 * MS, 180 * MS);

    bench.judge(2000);

    expect(bench.counts()).toMatchObject({ lost: 2, void: 0 });
    expect(word(bench.tally, STREAM.stalledLost)).toBe(1);
  });

  test.each([
    ["EPERM", "EPERM"],
    ["EMSGSIZE", "EMSGSIZE"],
    ["ENOBUFS", "ENOBUFS"],
    ["EOWNERDEAD", "other"],
  ] as const)("a send that the kernel refused with %s is void and counted as %s", (error, reason) => {
    const bench = createBench();
    const sequence = bench.ledger.attempt(0, 64, 0);
    bench.ledger.refused(sequence, error);

    bench.judge(1);

    expect(bench.voided("send_failed")).toBe(1);
    expect(word(bench.tally, STREAM.sendErrors + sendErrorReasons.indexOf(reason))).toBe(1);
    expect(bench.counts()).toMatchObject({ sent: 1, lost: 0 });
  });

  test.each([
    ["an hour forward", 3600e9],
    ["an hour back", -3600e9],
  ])("a wall clock that steps %s loses nothing and gives no RTT", (_, step) => {
    const bench = createBench();
    const sequence = bench.send(0);

    bench.doubts.nowNanos = 5 * MS;
    bench.ledger.replied(sequence, 64, 4 * MS + OFFSET + step, bench.doubts);
    bench.judge(10);

    expect(bench.counts()).toMatchObject({ received: 1, lost: 0, void: 0 });
    expect(bench.missing).toEqual(["receive"]);
    expect(sum(bench.tally, STREAM.rtt, rttBuckets.length + 1)).toBe(0);
  });

  test("a reply read after the deadline of a packet that saw the clock step is void: nobody knows when it came", () => {
    const bench = createBench();
    const sequence = bench.send(0);
    bench.doubts.steppedNanos = 1 * MS;

    bench.reply(sequence, 900, 1500);
    bench.judge(1500);

    expect(bench.voided("clock_step")).toBe(1);
  });

  test("a reply without a stamp counts while its deadline lasts, and is void after it", () => {
    const bench = createBench();
    const [first, second] = [bench.send(0), bench.send(0)];

    bench.doubts.nowNanos = 900 * MS;
    bench.ledger.replied(first, 64, Number.NaN, bench.doubts);
    bench.doubts.nowNanos = 1100 * MS;
    bench.ledger.replied(second, 64, Number.NaN, bench.doubts);
    bench.judge(1100);

    expect(bench.counts()).toMatchObject({ received: 1, void: 1 });
    expect(bench.voided("not_drained")).toBe(1);
    expect(bench.missing).toEqual(["receive"]);
  });

  test("without a transmit stamp there is a verdict but no RTT", () => {
    const bench = createBench();
    const sequence = bench.send(0, { stamped: false });

    bench.reply(sequence, 2);
    bench.judge(10);

    expect(bench.counts()).toMatchObject({ received: 1 });
    expect(bench.missing).toEqual(["transmit"]);
  });

  test("a socket that cannot be read for ten seconds past the deadline voids what it holds", () => {
    const bench = createBench();
    bench.send(0);
    bench.doubts.drainedNanos = 500 * MS;

    bench.doubts.nowNanos = 10_900 * MS;
    bench.ledger.judge(bench.doubts, Number.POSITIVE_INFINITY);
    expect(bench.counts()).toMatchObject({ void: 0, inFlight: 1 });
    bench.doubts.nowNanos = 11_100 * MS;
    bench.ledger.judge(bench.doubts, Number.POSITIVE_INFINITY);

    expect(bench.voided("not_drained")).toBe(1);
  });
});

describe("runs of loss", () => {
  /** Sends one packet for each letter, `x` unanswered, `v` refused, and judges them all. */
  function play(pattern: string) {
    const bench = createBench(1024);
    for (const [i, letter] of [...pattern].entries()) {
      const sequence = bench.ledger.attempt(0, 64, i * MS);
      if (letter === "v") bench.ledger.refused(sequence, "ENOBUFS");
      else bench.ledger.sent(sequence, i * MS);
      if (letter === ".") {
        bench.ledger.transmitted(sequence, i * MS + OFFSET);
        bench.reply(sequence, i + 0.5);
      }
    }
    bench.judge(5000);
    return {
      bursts: word(bench.tally, STREAM.bursts),
      squared: word(bench.tally, STREAM.burstSquared),
      longest: word(bench.tally, STREAM.longestRun),
      open: word(bench.tally, STREAM.openRunPackets),
    };
  }

  test.each([
    ["....", { bursts: 0, squared: 0, longest: 0, open: 0 }],
    [".x..", { bursts: 1, squared: 1, longest: 1, open: 0 }],
    [".xx.x.", { bursts: 2, squared: 5, longest: 2, open: 0 }],
    ["xxxx", { bursts: 1, squared: 16, longest: 4, open: 4 }],
    ["x.xvx.", { bursts: 2, squared: 5, longest: 2, open: 0 }],
  ])("%s", (pattern, expected) => {
    expect(play(pattern)).toEqual(expected);
  });
});

test("whatever happens to packets, the books balance and each gets one verdict", () => {
  const fate = fc.oneof(
    fc.constant("lost" as const),
    fc.constant("refused" as const),
    fc.record({
      after: fc.integer({ min: 0, max: 2500 }),
      read: fc.integer({ min: 0, max: 3000 }),
      twice: fc.boolean(),
    }),
  );
  fc.assert(
    fc.property(
      fc.array(fate, { maxLength: 200 }),
      fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 60 }),
      (fates, steps) => {
        const bench = createBench(256);
        const arrivals: { at: number; stamp: number; sequence: number }[] = [];
        let now = 0;
        let sent = 0;
        const settle = (until: number) => {
          now = until;
          for (const a of arrivals.filter((x) => x.at <= now)) bench.reply(a.sequence, a.stamp, now);
          arrivals.splice(0, arrivals.length, ...arrivals.filter((x) => x.at > now));
          bench.judge(now);
          const c = bench.counts();
          expect(c.received + c.lost).toBe(judgedPackets(bench.tally));
          expect(c.sent).toBe(c.received + c.lost + c.void + c.inFlight);
        };
        for (const f of fates) {
          const sequence = bench.ledger.attempt(0, 64, now * MS);
          sent++;
          if (f === "refused") bench.ledger.refused(sequence, "ENETUNREACH");
          else {
            bench.ledger.sent(sequence, now * MS);
            bench.ledger.transmitted(sequence, now * MS + OFFSET);
          }
          if (typeof f === "object") {
            const at = now + Math.max(f.after, f.read);
            arrivals.push({ at, stamp: now + f.after, sequence });
            if (f.twice) arrivals.push({ at, stamp: now + f.after, sequence });
          }
          settle(now + (steps[sent % Math.max(1, steps.length)] ?? 1));
        }
        settle(now + 10_000);

        const refused = fates.filter((f) => f === "refused").length;
        const inTime = fates.filter((f) => typeof f === "object" && f.after <= TIMEOUT_MS).length;
        expect(bench.counts()).toMatchObject({ sent: fates.length, inFlight: 0, void: refused });
        // A reply stamped in time but read after the verdict's guard cannot be received: the rest must be, exactly.
        const readLate = fates.filter(
          (f) => typeof f === "object" && f.after <= TIMEOUT_MS && f.read > TIMEOUT_MS,
        ).length;
        const { received } = bench.counts();
        expect(received).toBeLessThanOrEqual(inTime);
        expect(received).toBeGreaterThanOrEqual(inTime - readLate);
      },
    ),
    { numRuns: 300 },
  );
});

test("32-bit sequence numbers wrap without a miscount", () => {
  const bench = createBench();
  Object.assign(bench.ledger, { head: 2 ** 32 - 2, next: 2 ** 32 - 2 });

  const wire = [0, 1, 2, 3].map((ms) => bench.send(ms) >>> 0);
  for (const [i, sequence] of wire.entries()) expect(bench.reply(sequence, i + 0.5)).toBe(true);
  bench.judge(10);

  expect(wire).toEqual([4294967294, 4294967295, 0, 1]);
  expect(bench.counts()).toMatchObject({ received: 4, lost: 0, inFlight: 0 });
});

import fc from "fast-check";
import { RecentSpans } from "../../src/prober/doubts.ts";
import { DueQueue } from "../../src/prober/due-queue.ts";
import { coalescingNanos, jitteredNanos, missedSlots, wakeDelayNanos } from "../../src/prober/pacing.ts";
import { createSizePicker, roomFor } from "../../src/prober/sizes.ts";
import { slotOfMark, streamMark } from "../../src/prober/stream.ts";
import { closeBooks, judgedPackets, SLOT_WORDS, STREAM, voidPackets, word } from "../../src/prober/tally.ts";

describe("sizes", () => {
  const four = { known: [64, 512, 1400, "random"] as const, active: [0, 1, 2, 3] };

  test("each block of packets holds each size once, in changing order", () => {
    const picker = createSizePicker(four, Math.random);
    const blocks = Array.from({ length: 200 }, () =>
      Array.from({ length: 4 }, () => {
        picker.pick();
        return picker.index;
      }),
    );

    for (const block of blocks) expect([...block].sort()).toEqual([0, 1, 2, 3]);
    expect(new Set(blocks.map((block) => block.join(""))).size).toBeGreaterThan(10);
  });

  test("random sizes cover 64 to 1400 evenly", () => {
    const picker = createSizePicker({ known: ["random"], active: [0] }, Math.random);
    const drawn = Array.from({ length: 20_000 }, () => {
      picker.pick();
      return picker.bytes;
    });

    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(64);
    expect(Math.max(...drawn)).toBeLessThanOrEqual(1400);
    // The mean of 20,000 even draws lies within 5 standard errors (2.7 bytes each) of 732.
    expect(Math.abs(drawn.reduce((a, b) => a + b) / drawn.length - 732)).toBeLessThan(14);
  });

  test("a size that is no longer sent keeps its counters' place", () => {
    const picker = createSizePicker({ known: [64, 512, 1400], active: [0, 2] }, Math.random);
    const indexes = new Set(
      Array.from({ length: 50 }, () => {
        picker.pick();
        return picker.index;
      }),
    );

    expect([...indexes].sort()).toEqual([0, 2]);
    expect(roomFor(four, 0)).toEqual({ sendBytes: 1400, replyBytes: 1400 });
  });
});

describe("pacing", () => {
  test("jitter keeps the mean and stays between half and one and a half of the interval", () => {
    const draws = Array.from({ length: 50_000 }, () => jitteredNanos(1000, Math.random));

    expect(Math.min(...draws)).toBeGreaterThanOrEqual(500);
    expect(Math.max(...draws)).toBeLessThan(1500);
    expect(Math.abs(draws.reduce((a, b) => a + b) / draws.length - 1000)).toBeLessThan(7);
  });

  test.each([
    [1000, 1, 40e6, "a thousand slow paths"],
    [1, 20, 25e6, "the default path"],
    [1, 100, 5e6, "one path: its packets stay apart"],
    [1, 1000, 1e6, "one fast path"],
    [1000, 10, 4e6, "so many that a burst would grow too large"],
    [1, 50_000, 0.8e6, "a flood"],
  ])("%i streams at %i packets a second wait for company at most %i ns: %s", (streams, rate, nanos) => {
    const pace = { packetsPerSecond: streams * rate, shortestIntervalNanos: 1e9 / rate };

    expect(coalescingNanos(pace)).toBeCloseTo(nanos);
  });

  test("a wake-up comes between half and all of the coalescing after the earliest packet is due", () => {
    const draws = Array.from({ length: 1000 }, () => wakeDelayNanos(20e6, Math.random));

    expect(Math.min(...draws)).toBeGreaterThanOrEqual(10e6);
    expect(Math.max(...draws)).toBeLessThan(20e6);
    expect(new Set(draws).size).toBeGreaterThan(900);
  });

  test.each([
    ["in time", 0, 0],
    ["late by the coalescing", 10e6, 0],
    ["late by less than a slot", 40e6, 0],
    ["late by two slots and a half", 125e6, 2],
    ["stopped for five seconds", 5e9, 100],
  ])("%s: at 20 packets a second %i ns of lag are %i missed slots", (_, lag, missed) => {
    expect(missedSlots(lag, 50e6, 10e6)).toBe(missed);
  });
});

test("the due queue gives everything back in order", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { maxLength: 500 }), (times) => {
      const queue = new DueQueue();
      for (const [who, when] of times.entries()) queue.push(when, who);
      const out = times.map(() => {
        const when = queue.earliest();
        return [when, times[queue.pop()]];
      });

      expect(out.map(([when]) => when)).toEqual([...times].sort((a, b) => a - b));
      for (const [when, own] of out) expect(own).toBe(when);
      expect(queue.earliest()).toBe(Number.POSITIVE_INFINITY);
    }),
  );
});

describe("recent spans", () => {
  test("overlap is told at both edges", () => {
    const spans = new RecentSpans();
    spans.add(10, 20);
    spans.add(40, 50);

    expect([spans.overlaps(0, 9), spans.overlaps(0, 10), spans.overlaps(20, 30)]).toEqual([false, true, true]);
    expect([spans.overlaps(21, 39), spans.overlaps(45, 46), spans.overlaps(51, 99)]).toEqual([false, true, false]);
  });

  test("spans that touch are one, and the oldest gives way", () => {
    const spans = new RecentSpans(2);
    spans.add(0, 10);
    spans.add(10, 20);
    spans.add(30, 40);
    expect(spans.overlaps(5, 6)).toBe(true);

    spans.add(50, 60);

    expect(spans.overlaps(5, 6)).toBe(false);
    expect(spans.overlaps(35, 36)).toBe(true);
  });
});

test("a mark tells slot and generation apart", () => {
  expect(slotOfMark(streamMark(131_071, 0xfff))).toBe(131_071);
  expect(streamMark(7, 1)).not.toBe(streamMark(7, 2));
  expect(streamMark(1_000_000, 0xfff)).toBeGreaterThan(0);
});

test.each([
  ["between two writes", 100, 90, 4],
  ["in the middle of one, before it wrote what it sent", 80, 90, 4],
])("the books of a worker that died %s balance", (_, sent, judged, voided) => {
  const tally = new Float64Array(SLOT_WORDS);
  tally[STREAM.sent] = sent;
  tally[STREAM.packets] = judged;
  tally[STREAM.void] = voided;
  tally[STREAM.inFlight] = 6;

  closeBooks(tally, "icmp");

  expect(word(tally, STREAM.sent)).toBe(judgedPackets(tally) + voidPackets(tally));
  expect(word(tally, STREAM.inFlight)).toBe(0);
  expect(word(tally, STREAM.sent)).toBe(Math.max(sent, judged + voided));
});

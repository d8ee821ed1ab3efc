import type { KernelClock } from "../../src/kernel/ffi/clock.ts";
import { ProbeLoop } from "../../src/prober/probe-loop.ts";
import { createSharedTallies, ensureSlots, sharedSlot } from "../../src/prober/shared-tallies.ts";
import { stallCauses } from "../../src/prober/stall/attribute.ts";
import { ENGINE, ENGINE_SLOT, word } from "../../src/prober/tally.ts";

const MS = 1e6;

/** A loop without streams on a clock that is set by hand. */
function idleLoop() {
  const nowNanos = { atBegin: 0, atEnd: 0 };
  const clock: KernelClock = {
    baseSeconds: 0,
    read(instant) {
      instant.monotonicNanos = nowNanos.atBegin;
      instant.realtimeNanos = 1.7e18 + nowNanos.atBegin;
    },
    monotonicNanos: () => nowNanos.atEnd,
  };
  const shared = createSharedTallies();
  ensureSlots(shared, 1);
  const judged: [number, number][] = [];
  const loop = new ProbeLoop({
    clock,
    shared,
    receiveBufferBytes: null,
    random: () => 0.5,
    witness: {
      sweep: () => undefined,
      causeOf(fromNanos, toNanos) {
        judged.push([fromNanos, toNanos]);
        return "stopped";
      },
    },
    emit: () => undefined,
  });
  return {
    judged,
    /** @returns milliseconds that it would sleep */
    round(beginNanos: number, endNanos: number): number {
      nowNanos.atBegin = beginNanos;
      nowNanos.atEnd = endNanos;
      return loop.round();
    },
    engine: () => sharedSlot(shared, ENGINE_SLOT),
  };
}

test("a stop while the loop sleeps is a stall from the planned wake-up on", () => {
  const { round, judged, engine } = idleLoop();

  const sleep = round(10 * MS, 10 * MS) * MS;
  const woken = 10 * MS + sleep + 400 * MS;
  round(woken, woken);
  round(woken, woken); // publishes what the last one noted

  expect(judged).toHaveLength(2); // the first: from 0 to the first round
  expect(word(engine(), ENGINE.longestStallNanos)).toBeCloseTo(400 * MS, -3);
  expect(word(engine(), ENGINE.stalledSeconds + stallCauses.indexOf("stopped"))).toBeCloseTo(0.41, 6);
});

test("a stop in the middle of a round is a stall as well", () => {
  const { round, judged, engine } = idleLoop();

  round(1 * MS, 401 * MS);
  round(401 * MS, 401 * MS);

  expect(judged).toEqual([[1 * MS, 401 * MS]]);
  expect(word(engine(), ENGINE.longestStallNanos)).toBe(400 * MS);
});

test("rounds and wake-ups of up to 5 ms are no stalls", () => {
  const { round, judged } = idleLoop();

  const sleep = round(1 * MS, 5 * MS) * MS;
  round(5 * MS + sleep + 4 * MS, 5 * MS + sleep + 9 * MS);

  expect(judged).toEqual([]);
});

import { createMeter } from "../../../src/prober/stall/meter.ts";
import { createPace } from "../../../src/prober/stall/pace.ts";

const MS = 1e6;
const SECOND = 1e9;

function createCounter() {
  const counter = { value: 0 as number | undefined };
  const meter = createMeter({ read: () => counter.value, riseOf: (before: number, after) => after - before });
  return { counter, meter };
}

describe("a meter", () => {
  test("tells what rose since the last look, and what of it is usual before the stall", () => {
    const { counter, meter } = createCounter();
    for (let second = 0; second <= 5; second++) {
      counter.value = second * 100;
      meter.look(second * SECOND);
    }

    counter.value = 500 + 240;
    const rise = meter.riseUntil(5.4 * SECOND, 5.6 * SECOND);

    expect(rise?.total).toBe(240);
    expect(rise?.elsewhere).toBeCloseTo(40, 6);
  });

  test("does not take what happens in stalls for usual", () => {
    const { counter, meter } = createCounter();
    meter.look(0);
    for (let second = 1; second <= 20; second++) {
      counter.value = second * 1000;
      meter.riseUntil((second - 0.5) * SECOND, second * SECOND);
    }

    counter.value = 20_500;

    expect(meter.riseUntil(20.5 * SECOND, 21 * SECOND)).toEqual({ total: 500, elsewhere: 0 });
  });

  test("forgets in some ten seconds what is usual no more", () => {
    const { counter, meter } = createCounter();
    for (let second = 0; second <= 60; second++) {
      counter.value = Math.min(second, 30) * 100;
      meter.look(second * SECOND);
    }

    expect(meter.riseUntil(61 * SECOND, 61.1 * SECOND)?.elsewhere).toBeLessThan(10);
  });

  test.each([
    ["that goes back", 5],
    ["that is gone", undefined],
  ])("says nothing of a counter %s, and counts on from there", (_, value) => {
    const { counter, meter } = createCounter();
    counter.value = 100;
    meter.look(0);

    counter.value = value;
    expect(meter.riseUntil(10 * MS, 20 * MS)).toBeUndefined();
    counter.value = 7;
    meter.look(30 * MS);
    counter.value = 9;

    expect(meter.riseUntil(40 * MS, 50 * MS)?.total).toBe(2);
  });

  test("says nothing before its first look", () => {
    const { meter } = createCounter();

    expect(meter.riseUntil(0, 10 * MS)).toBeUndefined();
  });
});

describe("a pace", () => {
  /** Steps ten times a second for a minute. @returns CPU seconds for each second */
  function cost(costOf: (call: number) => number): { share: number; calls: number } {
    let millis = 0;
    let calls = 0;
    const pace = createPace(
      () => (millis += costOf(calls++)),
      50e-6,
      () => millis,
    );
    for (let tick = 0; tick < 600; tick++) pace.step(tick * 100 * MS);
    return { share: millis / 1000 / 60, calls };
  }

  test.each([0.002, 0.02, 0.2, 2])("keeps what costs %d ms within its share", (millis) => {
    // The first time comes before anybody knows what it costs.
    expect(cost(() => millis).share).toBeLessThanOrEqual(50e-6 + millis / 1000 / 60);
  });

  test("looks at each tick where that is cheap enough", () => {
    expect(cost(() => 0.004).calls).toBe(600);
  });

  test("is not put off for long by one interruption", () => {
    const { calls } = cost((call) => (call === 10 ? 50 : 0.05));

    expect(calls).toBeGreaterThan(40);
  });
});

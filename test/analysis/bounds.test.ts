import fc from "fast-check";
import { effectivePackets, lossBounds } from "../../src/analysis/bounds.ts";
import { pathState } from "../../src/analysis/path-state.ts";
import { histogramQuantile, quantile } from "../../src/analysis/quantile.ts";

/** Single losses: each run has length 1. */
const single = (packets: number, lost: number) => ({ packets, lost, burstSquared: lost });

// Wilson's interval, 95 %, as tabulated for these counts.
test.each([
  [1000, 0, 0, 0.00383],
  [1000, 1, 0.00018, 0.00564],
  [1000, 10, 0.00544, 0.0183],
  [10_000, 10, 0.00054, 0.00184],
  [60, 0, 0, 0.0602],
])("of %i packets %i lost: %f to %f", (packets, lost, lower, upper) => {
  const bounds = lossBounds(single(packets, lost));

  expect(bounds?.lower).toBeCloseTo(lower, 4);
  expect(bounds?.upper).toBeCloseTo(upper, 4);
});

test("nothing judged is unknown, not zero", () => {
  expect(lossBounds(single(0, 0))).toBeNull();
});

test("runs of ten are worth a tenth of the packets", () => {
  expect(effectivePackets({ packets: 10_000, lost: 100, burstSquared: 1000 })).toBe(1000);
});

test("a path that is dark for a whole window of 6000 packets has a lower bound of 20.7 %", () => {
  const bounds = lossBounds({ packets: 6000, lost: 6000, burstSquared: 36_000_000 });

  expect(bounds?.ratio).toBe(1);
  expect(bounds?.lower).toBeCloseTo(0.207, 3);
});

test("a run cut by the window's edge does not make the sample worth less than one packet", () => {
  expect(effectivePackets({ packets: 100, lost: 3, burstSquared: 81 })).toBeCloseTo(100 / 3);
});

test("the bounds hold the ratio, and clustering only widens them", () => {
  const tally = fc
    .tuple(
      fc.integer({ min: 1, max: 100_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 1, max: 50 }),
    )
    .map(([packets, part, run]) => ({ packets, lost: Math.floor(packets * part), run }));
  fc.assert(
    fc.property(tally, ({ packets, lost, run }) => {
      const alone = lossBounds(single(packets, lost));
      const clustered = lossBounds({ packets, lost, burstSquared: lost * Math.min(run, Math.max(1, lost)) });
      if (!alone || !clustered) throw new Error("judged packets have bounds");
      expect(alone.lower).toBeLessThanOrEqual(alone.ratio + 1e-12);
      expect(alone.upper).toBeGreaterThanOrEqual(alone.ratio - 1e-12);
      expect(clustered.lower).toBeLessThanOrEqual(alone.lower + 1e-12);
      expect(clustered.upper).toBeGreaterThanOrEqual(alone.upper - 1e-12);
    }),
  );
});

test("nearest-rank quantiles", () => {
  expect(quantile([1, 2, 3, 4], 0.5)).toBe(2);
  expect(quantile([1, 2, 3, 4], 0.99)).toBe(4);
  expect(quantile([], 0.5)).toBeNull();
});

test("quantiles of a histogram lie within their bucket, and at the last bound beyond it", () => {
  expect(histogramQuantile([1, 2, 4], [0, 10, 0, 0], 0.5)).toBe(1.5);
  expect(histogramQuantile([1, 2, 4], [1, 0, 0, 9], 0.99)).toBe(4);
  expect(histogramQuantile([1, 2, 4], [0, 0, 0, 0], 0.5)).toBeNull();
});

describe("the state of a path", () => {
  const limits = { lossRatio: 0.001, pathDownRatio: 0.9, outagePackets: 5 };
  const judge = (packets: number, lost: number) => pathState(false, lossBounds(single(packets, lost)), lost, limits);

  test.each([
    [0, 0, "no_data"],
    [1000, 0, "ok"],
    [1000, 1, "degraded"],
    [1000, 5, "lossy"],
    [1000, 950, "down"],
    [4, 4, "lossy"],
  ])("%i packets, %i lost: %s", (packets, lost, state) => {
    expect(judge(packets, lost)).toBe(state);
  });

  test("one that cannot be probed is failed, whatever it counted before", () => {
    expect(pathState(true, lossBounds(single(1000, 0)), 0, limits)).toBe("failed");
  });
});

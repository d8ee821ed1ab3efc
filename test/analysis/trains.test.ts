import fc from "fast-check";
import { trainDispersion, trainSums } from "../../src/analysis/trains/dispersion.ts";
import { runsAgainstTrains, type TrainTally } from "../../src/analysis/trains/runs-against-trains.ts";
import { logOf, seeded, sendTimes, withChain, withHoles, withRandomLoss } from "./pattern/logs.ts";

describe("trains of ten on a continuous stream", () => {
  test.each([
    ["", 0, 0, 0],
    ["..x......", 0, 0, 0],
    ["..x.......", 1, 1, 1],
    ["..xxx.....x.........xxxx", 2, 4, 10],
    ["..xxx.....x..v..........xx..........", 2, 5, 13],
  ])("%s", (text, trains, lost, squaredLost) => {
    expect(trainSums(logOf(text))).toEqual({ trains, lost, squaredLost });
  });

  // Shares of 400,000 draws without replacement (numpy) whose sum of squares was as large.
  test.each([
    [50, 6, 10, 0.0192, 0.01],
    [50, 6, 12, 0.0058, 0.004],
    [100, 20, 30, 0.0295, 0.006],
    [100, 20, 36, 0.00102, 0.001],
    [100, 500, 2750, 0.471, 0.02],
    [100, 500, 2850, 0.0028, 0.002],
  ])(
    "%i trains that lost %i packets, squares %i, are that uneven by chance",
    (trains, lost, squaredLost, p, within) => {
      const { pValue } = trainDispersion({ trains, lost, squaredLost });

      expect(Math.abs((pValue ?? 1) - p)).toBeLessThan(within);
    },
  );

  test("what is received gathers as much as what is lost", () => {
    const lost = trainDispersion({ trains: 100, lost: 150, squaredLost: 420 });
    const mirrored = trainDispersion({ trains: 100, lost: 850, squaredLost: 420 + 10 * (1000 - 300) });

    expect(mirrored.pValue).toBeCloseTo(lost.pValue ?? -1, 12);
    expect(mirrored.index).toBeCloseTo(lost.index ?? -1, 12);
  });

  test.each([
    [{ trains: 49, lost: 20, squaredLost: 40 }, "49 trains, needs 50"],
    [{ trains: 100, lost: 4, squaredLost: 16 }, "4 lost, needs 5"],
    [{ trains: 100, lost: 997, squaredLost: 9943 }, "3 received, needs 5"],
    [{ trains: 0, lost: 0, squaredLost: 0 }, "0 trains, needs 50"],
  ])("too little says nothing: %j", (sums, reason) => {
    expect(trainDispersion(sums)).toMatchObject({ pValue: null, reason });
  });

  test("the index is about 1 for random loss, and about the train's length for blackouts", () => {
    const times = sendTimes(50, 300, seeded(1));
    const random = trainDispersion(trainSums(withRandomLoss(times, 0.05, seeded(2))));
    const holes = trainDispersion(trainSums(withHoles(times, 10, 1)));

    expect(random.index).toBeGreaterThan(0.9);
    expect(random.index).toBeLessThan(1.1);
    expect(random.pValue).toBeGreaterThan(0.01);
    expect(holes.index).toBeGreaterThan(8);
    expect(holes.pValue).toBeLessThan(1e-6);
  });

  test("losses that are spread more evenly than chance has it are not bursty", () => {
    expect(trainDispersion({ trains: 100, lost: 100, squaredLost: 100 })).toMatchObject({ index: 0, pValue: 1 });
  });

  test("a p-value is one, whatever the sums", () => {
    const trains = fc.array(fc.integer({ min: 0, max: 10 }), { minLength: 50, maxLength: 300 });
    fc.assert(
      fc.property(trains, (losses) => {
        const sum = (f: (x: number) => number) => losses.reduce((total, x) => total + f(x), 0);
        const sums = { trains: losses.length, lost: sum((x) => x), squaredLost: sum((x) => x * x) };

        const { pValue, index } = trainDispersion(sums);

        if (pValue !== null) expect(pValue >= 0 && pValue <= 1).toBe(true);
        if (index !== null) expect(index).toBeGreaterThanOrEqual(-1e-9);
      }),
    );
  });
});

describe("runs against trains after a pause", () => {
  const met = (packets: number, lost: number, delayed = 0): TrainTally => ({
    packets,
    lost,
    timed: packets - lost,
    delayed,
  });
  const times = (count: number, tally: TrainTally) => Array.from({ length: count }, () => tally);

  test("a stalled CPU: runs lose and wait, trains do not", () => {
    const runs = [41, 33, 58, 47, 36, 52].map((lost) => met(1000, lost, 850));

    const { loss, delay, caution } = runsAgainstTrains({ runs, trains: times(200, met(10, 0)), limiterExcluded: true });

    expect(loss.runRatio).toBeCloseTo(0.0445);
    expect(loss.trainRatio).toBe(0);
    expect(loss.pValue).toBeLessThan(0.001);
    expect(delay.pValue).toBeLessThan(0.001);
    expect(caution).toBeNull();
  });

  test("a token bucket does the same to loss, so the result warns until a limiter was excluded", () => {
    const { loss, caution } = runsAgainstTrains({
      runs: times(5, met(1000, 200)),
      trains: times(100, met(10, 0)),
      limiterExcluded: false,
    });

    expect(loss.pValue).toBeLessThan(0.01);
    expect(caution).toMatch(/exclude a rate limiter first/);
  });

  test("trains that fare worse than runs are no sign of contention", () => {
    const { loss } = runsAgainstTrains({
      runs: times(5, met(1000, 50)),
      trains: times(100, met(10, 1)),
      limiterExcluded: true,
    });

    expect(loss.pValue).toBeGreaterThan(0.9);
  });

  test("one bad run in five is not enough, however bad", () => {
    const runs = [met(1000, 400), ...times(4, met(1000, 0))];

    const { loss } = runsAgainstTrains({ runs, trains: times(200, met(10, 0)), limiterExcluded: true });

    expect(loss.pValue).toBeGreaterThan(0.05);
  });

  test.each([
    [4, 100, 10, "4 runs, needs 5"],
    [5, 19, 10, "19 trains, needs 20"],
    [5, 100, 1, "too few lost packets for 100 trains, needs about 720"],
    [0, 0, 0, "0 runs, needs 5"],
  ])("%i runs and %i trains, %i of 1,000 lost: %s", (runs, trains, lost, reason) => {
    const { loss } = runsAgainstTrains({
      runs: times(runs, met(1000, lost)),
      trains: times(trains, met(10, 0)),
      limiterExcluded: true,
    });

    expect(loss).toMatchObject({ pValue: null, reason });
  });

  test("a path without loss shows no difference, and unknown RTTs are not measured", () => {
    const untimed = (packets: number) => ({ packets, lost: 0, timed: 0, delayed: 0 });

    const { loss, delay } = runsAgainstTrains({
      runs: times(5, untimed(1000)),
      trains: times(100, untimed(10)),
      limiterExcluded: true,
    });

    expect(loss).toEqual({ runRatio: 0, trainRatio: 0, pValue: 1, reason: null });
    expect(delay).toEqual({ runRatio: null, trainRatio: null, pValue: null, reason: "0 runs, needs 5" });
  });

  // Ten false alarms of 300 at a true 1 % come once in a thousand times; `npm run detectors` has the rates.
  test.each([
    ["at random", (t: Float64Array, draw: () => number) => withRandomLoss(t, 0.03, draw)],
    ["in bursts", (t: Float64Array, draw: () => number) => withChain(t, 0.01, 0.25, 1, draw)],
  ])("one stream that loses %s, cut into runs and trains, is seldom significant", (_, lose) => {
    const draw = seeded(3);
    let significant = 0;
    for (let i = 0; i < 300; i++) {
      const { outcome } = lose(new Float64Array(10_000), draw);
      const tally = (from: number, packets: number) =>
        met(
          packets,
          outcome.subarray(from, from + packets).reduce((a, b) => a + b, 0),
        );
      const { loss } = runsAgainstTrains({
        runs: Array.from({ length: 5 }, (_, run) => tally(run * 2000, 1000)),
        trains: Array.from({ length: 500 }, (_, j) => tally(Math.floor(j / 100) * 2000 + 1000 + (j % 100) * 10, 10)),
        limiterExcluded: true,
      });
      if (loss.pValue !== null && loss.pValue < 0.01) significant++;
    }

    expect(significant).toBeLessThan(10);
  });
});

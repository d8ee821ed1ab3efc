import { LOST, RECEIVED } from "../../../src/analysis/packet-log.ts";
import { createFft } from "../../../src/analysis/pattern/fft.ts";
import { delayOnsets, lossOnsets } from "../../../src/analysis/pattern/onsets.ts";
import { periodicity } from "../../../src/analysis/pattern/periodicity.ts";
import { onsetSpectrum } from "../../../src/analysis/pattern/spectrum.ts";
import { logOf, packetLog, seeded, sendTimes, withChain, withHoles, withRandomLoss } from "./logs.ts";

const periodOfLoss = (log: ReturnType<typeof logOf>) => periodicity(lossOnsets(log));

test("the transform equals the sum that defines it", () => {
  const draw = seeded(1);
  const real = Float64Array.from({ length: 16 }, draw);
  const imaginary = Float64Array.from({ length: 16 }, draw);
  const sum = (k: number) =>
    real.reduce((total, x, j) => {
      const angle = (-2 * Math.PI * j * k) / 16;
      return total + x * Math.cos(angle) - (imaginary[j] ?? 0) * Math.sin(angle);
    }, 0);
  const expected = Array.from({ length: 16 }, (_, k) => sum(k));

  createFft(16)(real, imaginary);

  for (const [k, value] of expected.entries()) expect(real[k]).toBeCloseTo(value, 12);
});

test("onsets are where runs begin, and weigh by the root of their packets", () => {
  const { weight, onsets, packets } = lossOnsets(logOf(".xvxx.x.."));

  expect([...weight]).toEqual([0, Math.sqrt(3), 0, 0, 0, 1, 0, 0]);
  expect({ onsets, packets }).toEqual({ onsets: 2, packets: 8 });
});

test("an excursion of the RTT begins once, over the shortest, and goes on over losses and unknown RTTs", () => {
  const rtts = [0.03, 0.031, 0.04, Number.NaN, Number.NaN, 0.037, 0.03, 0.0349, 0.036];
  const outcome = Uint8Array.from(rtts, (_, i) => (i === 3 ? LOST : RECEIVED));
  const times = Float64Array.from(rtts, (_, i) => i);

  const { weight, onsets } = delayOnsets(packetLog(times, outcome, Float64Array.from(rtts)));

  expect([...weight]).toEqual([0, 0, 2, 0, 0, 0, 0, 0, 1]);
  expect(onsets).toBe(2);
});

test.each([40, 700, 1500])("the spectrum equals direct sums over %i s, in one segment or several", (seconds) => {
  const onsets = lossOnsets(withRandomLoss(sendTimes(5, seconds, seeded(2)), 0.1, seeded(3)));
  const { power, stepHertz, segments, segmentSeconds } = onsetSpectrum(onsets);
  const mean = onsets.weight.reduce((a, b) => a + b, 0) / onsets.packets;
  const variance = onsets.weight.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  const direct = (hertz: number) => {
    const parts = Array.from({ length: segments }, () => [0, 0] as [number, number]);
    for (const [i, t] of onsets.seconds.entries()) {
      const part = parts[Math.min(segments - 1, Math.floor(t / segmentSeconds))];
      if (!part) throw new Error("every packet is in a segment");
      part[0] += ((onsets.weight[i] ?? 0) - mean) * Math.cos(2 * Math.PI * hertz * t);
      part[1] += ((onsets.weight[i] ?? 0) - mean) * Math.sin(2 * Math.PI * hertz * t);
    }
    return parts.reduce((sum, [x, y]) => sum + (segments * (x * x + y * y)) / variance, 0);
  };

  expect(segments).toBe(Math.ceil(seconds / 600));
  // Up to one hertz the bins of 5 ms move no phase by more than a hundredth of a turn after their common half.
  for (const k of [0.05, 0.3, 0.77, 1].map((hertz) => Math.round(hertz / stepHertz))) {
    expect(Math.abs((power[k] ?? 0) - direct(k * stepHertz))).toBeLessThan(0.06 * segments);
  }
});

test.each([
  [50, 120, 5, 0.25],
  [50, 300, 5, 0.25],
  [50, 300, 5, 0.01],
  [20, 60, 0.2, 0.01],
  [20, 300, 1, 0.03],
  [20, 600, 10, 0.1],
  [200, 60, 0.1, 0.01],
  [20, 1300, 30, 0.5],
])("at %i/s over %i s, holes every %f s of %f s", (rate, seconds, everySeconds, holeSeconds) => {
  const { pValue, periodSeconds, reason } = periodOfLoss(
    withHoles(sendTimes(rate, seconds, seeded(5)), everySeconds, holeSeconds),
  );

  expect(periodSeconds).toBeGreaterThan(everySeconds * 0.99);
  expect(periodSeconds).toBeLessThan(everySeconds * 1.01);
  expect(pValue).toBeLessThan(0.01);
  expect(reason).toBeNull();
});

test("two blackouts in each period are one period, not half of it", () => {
  const times = sendTimes(50, 300, seeded(6));
  const outcome = Uint8Array.from(times, (t) => (t % 4 < 0.1 || Math.abs((t % 4) - 1.3) < 0.05 ? LOST : RECEIVED));

  expect(periodOfLoss(packetLog(times, outcome)).periodSeconds).toBeCloseTo(4, 1);
});

test("a queue that fills every 100 ms shows in the RTT without any loss", () => {
  const times = sendTimes(50, 60, seeded(7));
  const rtts = Float64Array.from(times, (t) => (t % 0.1 < 0.03 ? 0.002 + 0.03 - (t % 0.1) : 0.002));
  const log = packetLog(times, new Uint8Array(times.length), rtts);

  expect(periodicity(delayOnsets(log)).periodSeconds).toBeCloseTo(0.1, 3);
  expect(periodOfLoss(log).reason).toBe("0 onsets, needs 16");
});

test("a blackout now and then is not enough: the reason says what is needed", () => {
  expect(periodOfLoss(withHoles(sendTimes(50, 60, seeded(8)), 5, 0.25))).toEqual({
    onsets: 12,
    pValue: null,
    periodSeconds: null,
    reason: "12 onsets, needs 16",
  });
});

test("a log too short for eight periods at 20 Hz says so", () => {
  const { reason } = periodOfLoss(withRandomLoss(sendTimes(10_000, 0.3, seeded(9)), 0.2, seeded(9)));

  expect(reason).toBe("the log is too short to hold eight periods");
});

test("packets that were all sent at once have no period", () => {
  const outcome = Uint8Array.from({ length: 100 }, (_, i) => i % 2);

  expect(periodOfLoss(packetLog(new Float64Array(100), outcome)).periodSeconds).toBeNull();
});

// The rates are measured by `npm run detectors`; ten false alarms of 300 at a true 1 % come once in a thousand times.
test.each([
  ["random", (times: Float64Array, draw: () => number) => withRandomLoss(times, 0.05, draw)],
  ["in bad spells", (times: Float64Array, draw: () => number) => withChain(times, 0.02, 0.1, 0.5, draw)],
  ["heavy", (times: Float64Array, draw: () => number) => withRandomLoss(times, 0.5, draw)],
])("loss that is %s seldom seems to have a period", (_, lose) => {
  const draw = seeded(10);
  let found = 0;
  for (let i = 0; i < 300; i++) {
    if (periodOfLoss(lose(sendTimes(50, 20, draw), draw)).periodSeconds !== null) found++;
  }

  expect(found).toBeLessThan(10);
});

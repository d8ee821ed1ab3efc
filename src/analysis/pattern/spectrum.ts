import { createFft } from "./fft.ts";
import type { Onsets } from "./onsets.ts";

/** Fine enough for 20 Hz: an onset's phase is off by at most a twentieth of a turn, which costs 3 % of the power there. */
const BIN_SECONDS = 0.005;
/** Longer logs are cut into segments of equal length, whose spectra are added: the FFT stays at 2^18 points or less. */
const LONGEST_SEGMENT_SECONDS = 600;

/**
 * Power of the onsets' weights x at the frequencies `k * stepHertz`: |sum (x - mean) e^(2 pi i f t)|^2 over N times the variance of
 * x, added over `segments`. Where onsets fall at random it has the mean 1 in each segment and an exponential distribution.
 */
export interface Spectrum {
  readonly power: Float64Array;
  readonly stepHertz: number;
  readonly segments: number;
  readonly segmentSeconds: number;
}

export function onsetSpectrum({ seconds, weight, packets }: Onsets): Spectrum {
  const start = seconds[0] ?? 0;
  const span = Math.max(BIN_SECONDS, (seconds[packets - 1] ?? 0) - start);
  const segments = Math.ceil(span / LONGEST_SEGMENT_SECONDS);
  const segmentSeconds = span / segments;
  // Twice the length: a line that falls between two frequencies of the shorter transform would lose 60 % of its power.
  const points = 2 ** Math.ceil(Math.log2(2 * (Math.ceil(segmentSeconds / BIN_SECONDS) + 1)));
  const { mean, squares } = moments(weight);
  const scale = segments / (2 * (squares - packets * mean * mean));
  const transform = createFft(points);
  const power = new Float64Array(points / 2);
  // One segment as the real part, the next as the imaginary one: their powers at k are in k and in points - k.
  const parts = [new Float64Array(points), new Float64Array(points)] as const;
  for (let segment = 0, i = 0; segment < segments; segment += 2) {
    for (const [half, part] of parts.entries()) {
      part.fill(0);
      const from = start + (segment + half) * segmentSeconds;
      const isLast = segment + half >= segments - 1;
      for (; i < packets; i++) {
        const offset = (seconds[i] ?? 0) - from;
        if (offset >= segmentSeconds && !isLast) break;
        const bin = Math.floor(offset / BIN_SECONDS);
        part[bin] = (part[bin] ?? 0) + (weight[i] ?? 0) - mean;
      }
    }
    const [real, imaginary] = parts;
    transform(real, imaginary);
    for (let k = 1; k < power.length; k++) {
      power[k] = (power[k] ?? 0) + scale * (squared(real, imaginary, k) + squared(real, imaginary, points - k));
    }
  }
  return { power, stepHertz: 1 / (points * BIN_SECONDS), segments, segmentSeconds };
}

function squared(real: Float64Array, imaginary: Float64Array, k: number): number {
  return (real[k] ?? 0) ** 2 + (imaginary[k] ?? 0) ** 2;
}

function moments(values: Float64Array): { mean: number; squares: number } {
  let sum = 0;
  let squares = 0;
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  return { mean: sum / values.length, squares };
}

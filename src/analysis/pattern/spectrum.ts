import { fft } from "./fft.ts";
import type { Onsets } from "./onsets.ts";

/** Fine enough for 20 Hz: an onset's phase is off by at most a fortieth of a turn. */
const BIN_SECONDS = 0.0025;
/** Longer logs are cut into segments of equal length, whose spectra are added: the FFT stays below 2^19 points. */
const LONGEST_SEGMENT_SECONDS = 600;

/**
 * Power of the onsets at the frequencies `k * stepHertz`: |sum (x - p) e^(2 pi i f t)|^2 / (N p (1 - p)), added over
 * `segments`. Where onsets fall at random it has the mean 1 in each segment and an exponential distribution.
 */
export interface Spectrum {
  readonly power: Float64Array;
  readonly stepHertz: number;
  readonly segments: number;
  readonly segmentSeconds: number;
}

export function onsetSpectrum({ seconds, onset, packets, onsets }: Onsets): Spectrum {
  const start = seconds[0] ?? 0;
  const span = Math.max(BIN_SECONDS, (seconds[packets - 1] ?? 0) - start);
  const segments = Math.ceil(span / LONGEST_SEGMENT_SECONDS);
  const segmentSeconds = span / segments;
  // Twice the length: a line that falls between two frequencies of the shorter transform would lose 60 % of its power.
  const points = 2 ** Math.ceil(Math.log2(2 * (Math.ceil(segmentSeconds / BIN_SECONDS) + 1)));
  const p = onsets / packets;
  const scale = segments / (packets * p * (1 - p));
  const power = new Float64Array(points / 2);
  const real = new Float64Array(points);
  const imaginary = new Float64Array(points);
  for (let segment = 0, i = 0; segment < segments; segment++) {
    real.fill(0);
    imaginary.fill(0);
    const from = start + segment * segmentSeconds;
    const isLast = segment === segments - 1;
    for (; i < packets; i++) {
      const offset = (seconds[i] ?? 0) - from;
      if (offset >= segmentSeconds && !isLast) break;
      const bin = Math.floor(offset / BIN_SECONDS);
      real[bin] = (real[bin] ?? 0) + (onset[i] ?? 0) - p;
    }
    fft(real, imaginary);
    for (let k = 0; k < power.length; k++) {
      power[k] = (power[k] ?? 0) + scale * ((real[k] ?? 0) ** 2 + (imaginary[k] ?? 0) ** 2);
    }
  }
  return { power, stepHertz: 1 / (points * BIN_SECONDS), segments, segmentSeconds };
}

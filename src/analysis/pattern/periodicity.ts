import { gammaTail, SIGNIFICANT_P } from "./distributions.ts";
import type { Onsets } from "./onsets.ts";
import { onsetSpectrum, type Spectrum } from "./spectrum.ts";

const LONGEST_PERIOD_SECONDS = 60;
const HIGHEST_HERTZ = 20;
/** A period has to fit this often into a segment: with three, every second log of long bad spells seems to have one. */
const LEAST_CYCLES = 8;
/** Simulated: with 12 onsets or fewer hardly any period is found, with 17 most, with 28 all. */
export const LEAST_ONSETS = 16;
/** Independent frequencies in a band of one hertz, for each second of a segment: the padded transform looks between them too. */
const TRIALS_PER_CYCLE = 2.5;
/** Bands whose median says how strong the noise is: this many independent frequencies, or half as wide as they are high. */
const LEAST_BAND = 16;
/** Standard errors of that median that are added to it: a band that is thought too quiet makes a line of nothing. */
const NOISE_MARGIN = 2;
/** A subharmonic that has this part of the strongest line's power is the period; the line is one of its harmonics. */
const SUBHARMONIC_POWER = 0.25;

/** Whether onsets come back after a fixed time. */
export interface Periodicity {
  readonly onsets: number;
  /** How likely random onsets show a line this strong at any frequency; null where it was not tested. */
  readonly pValue: number | null;
  /** Null where nothing was tested, or `pValue` is not below 0.01. */
  readonly periodSeconds: number | null;
  /** Why there is no period. */
  readonly reason: string | null;
}

/** Rayleigh's test at all frequencies from 1/60 (or eight cycles a log) to 20 Hz, corrected for their number. */
export function periodicity(onsets: Onsets): Periodicity {
  const none = (reason: string, pValue: number | null = null): Periodicity => ({
    onsets: onsets.onsets,
    pValue,
    periodSeconds: null,
    reason,
  });
  if (onsets.onsets < LEAST_ONSETS) return none(`${onsets.onsets} onsets, needs ${LEAST_ONSETS}`);
  const spectrum = onsetSpectrum(onsets);
  const band = bandOf(spectrum);
  if (band.first >= band.last) return none("the log is too short to hold eight periods");
  const power = whitened(spectrum, band);
  const strongest = argmax(power, band.first, band.last);
  const trials = TRIALS_PER_CYCLE * spectrum.segmentSeconds * (band.last - band.first) * spectrum.stepHertz;
  const single = gammaTail(spectrum.segments, power[strongest] ?? 0);
  const pValue = -Math.expm1(trials * Math.log1p(-single));
  if (!(pValue < SIGNIFICANT_P)) return none("no period found", pValue);
  return { onsets: onsets.onsets, pValue, periodSeconds: periodOf(power, strongest, spectrum, band), reason: null };
}

interface Band {
  readonly first: number;
  readonly last: number;
}

function bandOf({ power, stepHertz, segmentSeconds }: Spectrum): Band {
  const lowest = Math.max(1 / LONGEST_PERIOD_SECONDS, LEAST_CYCLES / segmentSeconds);
  return {
    first: Math.ceil(lowest / stepHertz),
    last: Math.min(power.length - 1, Math.floor(HIGHEST_HERTZ / stepHertz)),
  };
}

/**
 * Bursts and heavy loss keep onsets apart or together and so colour the noise: where its median in a band is higher than random
 * onsets have it, the band's power is divided by the excess. Less than random is left alone: the test errs towards silence.
 */
function whitened({ power, segments, segmentSeconds, stepHertz }: Spectrum, { first, last }: Band): Float64Array {
  const perFrequency = 1 / (segmentSeconds * stepHertz);
  const expected = segments * (1 - 1 / (9 * segments)) ** 3;
  const white = power.slice();
  for (let from = first, to = first; from <= last; from = to) {
    const width = Math.ceil(Math.max(LEAST_BAND * perFrequency, from / 2));
    to = from + 2 * width > last ? last + 1 : from + width;
    const sorted = power.slice(from, to).sort();
    const error = NOISE_MARGIN / (Math.LN2 * Math.sqrt((segments * (to - from)) / perFrequency));
    const excess = ((sorted[sorted.length >> 1] ?? 0) / expected) * (1 + error);
    if (excess <= 1 + error) continue;
    for (let k = from; k < to; k++) white[k] = (white[k] ?? 0) / excess;
  }
  return white;
}

function argmax(values: Float64Array, first: number, last: number): number {
  let best = first;
  for (let k = first; k <= last; k++) if ((values[k] ?? 0) > (values[best] ?? 0)) best = k;
  return best;
}

/** The period of the lowest strong line of which the strongest is a harmonic, from the latter, which is known best. */
function periodOf(power: Float64Array, strongest: number, spectrum: Spectrum, { first }: Band): number {
  const { segments, segmentSeconds, stepHertz } = spectrum;
  const peak = power[strongest] ?? 0;
  const divisors = Math.floor(strongest / first);
  // Half of a line's width.
  const near = Math.max(1, Math.floor(0.5 / (segmentSeconds * stepHertz)));
  let divisor = 1;
  for (let n = divisors; n > 1; n--) {
    const k = Math.round(strongest / n);
    const found = power[argmax(power, Math.max(first, k - near), k + near)] ?? 0;
    const isStrong = found - segments >= SUBHARMONIC_POWER * (peak - segments);
    if (isStrong && gammaTail(segments, found) * divisors < SIGNIFICANT_P) {
      divisor = n;
      break;
    }
  }
  return divisor / ((strongest + offsetOfPeak(power, strongest)) * stepHertz);
}

/** Top of the parabola through a peak and its neighbours, -0.5 to 0.5. */
function offsetOfPeak(power: Float64Array, k: number): number {
  const [a, b, c] = [power[k - 1] ?? 0, power[k] ?? 0, power[k + 1] ?? 0];
  const curvature = a - 2 * b + c;
  return curvature === 0 ? 0 : (a - c) / (2 * curvature);
}

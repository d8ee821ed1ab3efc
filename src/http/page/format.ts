function plain(value: number, significant: number): string {
  const digits = value === 0 ? 0 : Math.max(0, significant - 1 - Math.floor(Math.log10(Math.abs(value))));
  const fixed = value.toFixed(Math.min(digits, 20));
  return fixed.includes(".") ? fixed.replace(/\.?0+$/, "") : fixed;
}

/** Per cent as a bare number with two significant digits; close to 100 the digits that tell it from 100 stay. */
function perCent(ratio: number): string {
  // What rounding in the bounds' arithmetic leaves of a zero.
  if (ratio < 1e-12) return "0";
  if (ratio <= 0.99 || ratio === 1) return plain(ratio * 100, 2);
  return `${Math.floor(ratio * 10_000) / 100}`;
}

/** 0.0123 reads "1.2 %". */
export function formatRatio(ratio: number): string {
  return `${perCent(ratio)} %`;
}

/** Bounds as a range with one unit: "0.9 to 1.6 %". */
export function formatInterval(lower: number, upper: number): string {
  return `${perCent(lower)} to ${perCent(upper)} %`;
}

/** 1234567 reads "1,234,567". */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A round-trip time or a run time: "48 µs", "1.2 ms", "1.3 s". */
export function formatBrief(seconds: number): string {
  if (seconds < 0.001) return `${plain(seconds * 1e6, 2)} µs`;
  if (seconds < 1) return `${plain(seconds * 1e3, 2)} ms`;
  return `${plain(seconds, 2)} s`;
}

const spans = [
  [86_400, "d", 3_600, "h"],
  [3_600, "h", 60, "min"],
  [60, "min", 1, "s"],
] as const;

/** A time that passes while people watch, in its two largest units: "42 s", "5 min", "2 h 5 min", "3 d 4 h". */
export function formatSpan(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const span = spans.find(([size]) => whole >= size);
  if (!span) return `${whole} s`;
  const [size, unit, nextSize, nextUnit] = span;
  const rest = Math.floor((whole % size) / nextSize);
  return `${Math.floor(whole / size)} ${unit}${rest > 0 ? ` ${rest} ${nextUnit}` : ""}`;
}

/** "2026-11-23 10:18:40 UTC". */
export function formatInstant(epochSeconds: number): string {
  return `${new Date(epochSeconds * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

import { exponential } from "./random.mjs";

/**
 * Send times as the engine has them, by its own pacing: jittered intervals, and wake-ups that are late on purpose.
 * @param pacing the product's functions of that name
 * @param {{ ratePerSecond: number, seconds: number, othersPerSecond?: number }} stream `othersPerSecond`: packets of the
 *   engine's other paths, all slower than this one; many of them make wake-ups frequent, few make them late
 */
export function sendTimes(pacing, { ratePerSecond, seconds, othersPerSecond = 0 }, random) {
  const { coalescingNanos, jitteredNanos, wakeDelayNanos } = pacing;
  const intervalNanos = 1e9 / ratePerSecond;
  const coalescing = coalescingNanos({
    packetsPerSecond: ratePerSecond + othersPerSecond,
    shortestIntervalNanos: intervalNanos,
  });
  const times = [];
  let due = jitteredNanos(intervalNanos, random);
  let otherDue = othersPerSecond > 0 ? 0 : Number.POSITIVE_INFINITY;
  while (due < seconds * 1e9) {
    const wake = Math.min(due, otherDue) + wakeDelayNanos(coalescing, random);
    for (; due <= wake; due += jitteredNanos(intervalNanos, random)) times.push(wake / 1e9);
    while (otherDue <= wake) otherDue += exponential(random, 1e9 / othersPerSecond);
  }
  return Float64Array.from(times);
}

/** The log that the engine hands over when `lost` is what the path did. */
export function packetLog(times, lost) {
  return {
    count: times.length,
    sentSeconds: times,
    outcome: lost,
    rttSeconds: times.map((_, i) => (lost[i] === 1 ? Number.NaN : 0.001)),
  };
}

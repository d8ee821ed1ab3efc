/** Wake-ups are late by at most this much on purpose, so that one wake-up serves many packets. */
const LONGEST_COALESCING_NANOS = 20e6;
/** Packets that one wake-up should gather at high rates: bursts larger than this are a load of their own. */
const COALESCED_PACKETS = 32;
/** Behind by more than the coalescing and this much, a stream has missed its slots. */
const TOLERATED_LAG_NANOS = 5e6;

/** How long past its due time a packet may wait for company, at this rate over all streams. */
export function coalescingNanos(packetsPerSecond: number): number {
  return Math.min(LONGEST_COALESCING_NANOS, (COALESCED_PACKETS * 1e9) / Math.max(packetsPerSecond, 1));
}

/**
 * Time to the next packet: the interval, drawn evenly between half and one and a half of it. A fixed period would alias with
 * schedulers that run every 10, 20 or 100 ms, which is just what we look for (RFC 7680, section 3.6; RFC 3432).
 */
export function jitteredNanos(intervalNanos: number, random: () => number): number {
  return intervalNanos * (0.5 + random());
}

/**
 * Slots that a stream missed: after a stall they are skipped and counted, because sending them now would be a burst that
 * the path never had.
 */
export function missedSlots(lagNanos: number, intervalNanos: number, coalescing: number): number {
  return lagNanos <= coalescing + TOLERATED_LAG_NANOS ? 0 : Math.floor(lagNanos / intervalNanos);
}

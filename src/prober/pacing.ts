/** What the streams ask for together. */
export interface Pace {
  readonly packetsPerSecond: number;
  /** Of the fastest stream; Infinity without streams. */
  readonly shortestIntervalNanos: number;
}

/** Replies and stamps wait in the socket while we are not run: for at least so long none should be dropped. */
const STALL_SECONDS = 0.5;
/** What the largest probe and its transmit stamp take of a receive buffer while they wait. */
const WAITING_BYTES = 3136;
const BUFFER_BYTES = { least: 4 * 2 ** 20, most: 256 * 2 ** 20 };

/** Bytes of receive buffer to ask of the kernel, which grants twice as much. */
export function receiveBufferBytes({ packetsPerSecond }: Pace): number {
  const bytes = Math.ceil((packetsPerSecond * STALL_SECONDS * WAITING_BYTES) / 2);
  return Math.min(Math.max(bytes, BUFFER_BYTES.least), BUFFER_BYTES.most);
}

/** A wake-up costs several times a packet, so it is late on purpose, by at most this much, and serves many packets. */
const LONGEST_COALESCING_NANOS = 40e6;
/** Fast streams are gathered all the same for as long as this: their packets are that close to each other anyway. */
const FAST_COALESCING_NANOS = 1e6;
/** Packets that one wake-up should gather at high rates: bursts larger than this are a load of their own. */
const COALESCED_PACKETS = 40;
/** Behind by more than the coalescing and this much, a stream has missed its slots. */
const TOLERATED_LAG_NANOS = 5e6;

/**
 * How long past its due time a packet may wait for company. Packets of one stream should not gather: a burst to one target
 * would see other queues than the packets that it stands for.
 */
export function coalescingNanos({ packetsPerSecond, shortestIntervalNanos }: Pace): number {
  return Math.min(
    LONGEST_COALESCING_NANOS,
    Math.max(FAST_COALESCING_NANOS, shortestIntervalNanos / 2),
    (COALESCED_PACKETS * 1e9) / packetsPerSecond,
  );
}

/** How long after the earliest packet is due to wake up: between half and all of what is allowed, with jitter as below. */
export function wakeDelayNanos(coalescing: number, random: () => number): number {
  return coalescing * (0.5 + random() / 2);
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

/** Words of one packet: three times, and two 32-bit halves of facts. One packet fills half a cache line. */
const WORDS = 4;
const HALVES = 2 * WORDS;
const SENT = 0;
const TRANSMITTED = 1;
const RECEIVED = 2;
const STATE_AND_SIZE = 6;
const BYTES = 7;
const SIZE_SHIFT = 8;

/**
 * The latest packets of a stream, each in the place that its number has modulo the capacity. A thousand streams do not fit
 * the caches, so what is known of a packet stands together.
 */
export class PacketWindow {
  readonly mask: number;
  private readonly times: Float64Array;
  private readonly facts: Int32Array;
  /** Seconds that the other end held the packet, which are none of the path's. Only where a protocol tells. */
  private held: Float32Array | undefined;

  /** @param capacity a power of two */
  constructor(capacity: number) {
    this.mask = capacity - 1;
    this.times = new Float64Array(capacity * WORDS);
    this.facts = new Int32Array(this.times.buffer);
  }

  /** A new packet takes the place `i`. */
  begin(i: number, state: number, sizeIndex: number, bytes: number, nowNanos: number): void {
    this.times[i * WORDS + SENT] = nowNanos;
    this.times[i * WORDS + TRANSMITTED] = Number.NaN;
    this.times[i * WORDS + RECEIVED] = Number.NaN;
    this.facts[i * HALVES + STATE_AND_SIZE] = state | (sizeIndex << SIZE_SHIFT);
    this.facts[i * HALVES + BYTES] = bytes;
    if (this.held) this.held[i] = 0;
  }

  /** One of the ledger's states. */
  state(i: number): number {
    return (this.facts[i * HALVES + STATE_AND_SIZE] as number) & ((1 << SIZE_SHIFT) - 1);
  }

  setState(i: number, state: number): void {
    const at = i * HALVES + STATE_AND_SIZE;
    this.facts[at] = ((this.facts[at] as number) & -(1 << SIZE_SHIFT)) | state;
  }

  /** Which of the path's sizes. */
  sizeIndex(i: number): number {
    return (this.facts[i * HALVES + STATE_AND_SIZE] as number) >> SIZE_SHIFT;
  }

  /** What the size came to. */
  bytes(i: number): number {
    return this.facts[i * HALVES + BYTES] as number;
  }

  /** Monotonic, read after the send returned: never before the packet left. */
  sentNanos(i: number): number {
    return this.times[i * WORDS + SENT] as number;
  }

  setSentNanos(i: number, nanos: number): void {
    this.times[i * WORDS + SENT] = nanos;
  }

  /** The kernel's, realtime nanoseconds; NaN without. */
  transmitStamp(i: number): number {
    return this.times[i * WORDS + TRANSMITTED] as number;
  }

  setTransmitStamp(i: number, nanos: number): void {
    this.times[i * WORDS + TRANSMITTED] = nanos;
  }

  receiveStamp(i: number): number {
    return this.times[i * WORDS + RECEIVED] as number;
  }

  setReceiveStamp(i: number, nanos: number): void {
    this.times[i * WORDS + RECEIVED] = nanos;
  }

  noteHeld(i: number, seconds: number): void {
    if (seconds === 0 && !this.held) return;
    this.held ??= new Float32Array(this.mask + 1);
    this.held[i] = seconds;
  }

  heldSeconds(i: number): number {
    return this.held?.[i] ?? 0;
  }
}

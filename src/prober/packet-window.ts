/** The latest packets of a stream, each in the place that its number has modulo the capacity. */
export class PacketWindow {
  readonly mask: number;
  /** One of the ledger's states. */
  readonly state: Uint8Array;
  /** Which of the path's sizes, and what it came to. */
  readonly size: Uint8Array;
  readonly bytes: Uint16Array;
  /** Monotonic, read after the send returned: never before the packet left. */
  readonly sentNanos: Float64Array;
  /** The kernel's, realtime nanoseconds; NaN without. */
  readonly transmitStamp: Float64Array;
  readonly receiveStamp: Float64Array;
  /** Seconds that the other end held the packet, which are none of the path's. Only where a protocol tells. */
  private held: Float32Array | undefined;

  /** @param capacity a power of two */
  constructor(capacity: number) {
    this.mask = capacity - 1;
    this.state = new Uint8Array(capacity);
    this.size = new Uint8Array(capacity);
    this.bytes = new Uint16Array(capacity);
    this.sentNanos = new Float64Array(capacity);
    this.transmitStamp = new Float64Array(capacity);
    this.receiveStamp = new Float64Array(capacity);
  }

  /** A new packet takes the place `i`. */
  begin(i: number, state: number, sizeIndex: number, bytes: number, nowNanos: number): void {
    this.state[i] = state;
    this.size[i] = sizeIndex;
    this.bytes[i] = bytes;
    this.sentNanos[i] = nowNanos;
    this.transmitStamp[i] = Number.NaN;
    this.receiveStamp[i] = Number.NaN;
    if (this.held) this.held[i] = 0;
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

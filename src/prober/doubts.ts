/** Spans of monotonic time, in nanoseconds, of which only the latest matter. */
export class RecentSpans {
  private readonly from: Float64Array;
  private readonly to: Float64Array;
  private readonly capacity: number;
  private count = 0;

  constructor(capacity = 64) {
    this.capacity = capacity;
    this.from = new Float64Array(capacity);
    this.to = new Float64Array(capacity);
  }

  /** Adds a span that begins no earlier than those before it; one that touches the last is joined to it. */
  add(from: number, to: number): void {
    const last = (this.count - 1) % this.capacity;
    if (this.count > 0 && from <= (this.to[last] as number)) {
      this.to[last] = Math.max(to, this.to[last] as number);
      return;
    }
    const at = this.count % this.capacity;
    this.from[at] = from;
    this.to[at] = to;
    this.count++;
  }

  overlaps(from: number, to: number): boolean {
    const kept = Math.min(this.count, this.capacity);
    for (let k = 1; k <= kept; k++) {
      const at = (this.count - k) % this.capacity;
      if ((this.to[at] as number) < from) return false;
      if ((this.from[at] as number) <= to) return true;
    }
    return false;
  }
}

/** What the engine holds against itself while it judges the packets of one socket. */
export interface Doubts {
  /** Every packet that the kernel stamped before this moment has been read; monotonic nanoseconds. */
  drainedNanos: number;
  nowNanos: number;
  /** Wall clock less monotonic clock, as of the last round. */
  realtimeOffsetNanos: number;
  /** When the wall clock last stepped; 0 never. */
  steppedNanos: number;
  /** Spans in which our own socket dropped something. */
  readonly socketDrops: RecentSpans;
  /** Spans in which this machine did not run us. */
  readonly stalls: RecentSpans;
}

export function createDoubts(stalls: RecentSpans): Doubts {
  return {
    drainedNanos: 0,
    nowNanos: 0,
    realtimeOffsetNanos: 0,
    steppedNanos: 0,
    socketDrops: new RecentSpans(),
    stalls,
  };
}

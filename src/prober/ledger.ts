import type { Doubts } from "./doubts.ts";
import { burstBuckets, rttBuckets } from "./metrics.ts";
import { add, bucketOf, STREAM, sendErrorReasons, type VoidReason, voidReasons, word } from "./tally.ts";

const IN_FLIGHT = 1;
const ANSWERED = 2;
/** Not sent at all: the kernel refused. */
const REFUSED = 3;
/** Answered, but whether in time cannot be known. */
const UNSURE_NOT_DRAINED = 4;
const UNSURE_CLOCK = 5;
const JUDGED_RECEIVED = 6;
const JUDGED_LOST = 7;
const JUDGED_LOST_LATE = 8;
const JUDGED_VOID = 9;

/** A reply stamped in time may sit in softirq queues before it reaches our socket: verdicts wait this much longer. */
const GUARD_NANOS = 20e6;
/** A socket that could not be read for this long after the deadline gives no verdict any more. */
const UNDRAINED_NANOS = 10e9;
/** Two clocks agree on a span up to this much; a wall clock that was set meanwhile does not. */
const CLOCK_TOLERANCE_NANOS = 1e6;
const CLOCK_TOLERANCE_RATIO = 1e-3;
/** Flights are taken to last at least this long when they are held against stalls. */
const SHORTEST_FLIGHT_NANOS = 1e6;
/** The recent RTT distribution halves its weight every so many replies. */
const RECENT_REPLIES = 1000;

export interface LedgerOptions {
  readonly timeoutNanos: number;
  /** Packets that may be remembered at once, in flight or judged; a power of two. */
  readonly capacity: number;
  /** Where RTTs in seconds go one by one, in send order; for one-shot runs. */
  readonly rttLog?: (rttSeconds: number) => void;
  /** Words of the engine in which missing stamps are counted. */
  readonly missingStamp: (direction: "transmit" | "receive") => void;
}

/**
 * The books of one stream of probes: which packets are out, which reply answers which, and the one verdict that each
 * packet gets, in send order. It reads no clock and no socket; the tally it writes always balances:
 * `sent = packets + void + in flight`.
 */
export class Ledger {
  readonly tally: Float64Array;
  private readonly options: LedgerOptions;
  private readonly mask: number;
  private readonly state: Uint8Array;
  private readonly size: Uint8Array;
  private readonly bytes: Uint16Array;
  /** Monotonic, read after the send returned: never before the packet left. */
  private readonly sentNanos: Float64Array;
  private readonly transmitStamp: Float64Array;
  private readonly receiveStamp: Float64Array;
  /** The oldest packet without a verdict, and the number of the next one. */
  private head = 0;
  private next = 0;
  private highestAnswered = -1;
  private readonly recentRtt = new Float64Array(rttBuckets.length + 1);
  private recentReplies = 0;

  constructor(tally: Float64Array, options: LedgerOptions) {
    this.tally = tally;
    this.options = options;
    this.mask = options.capacity - 1;
    this.state = new Uint8Array(options.capacity);
    this.size = new Uint8Array(options.capacity);
    this.bytes = new Uint16Array(options.capacity);
    this.sentNanos = new Float64Array(options.capacity);
    this.transmitStamp = new Float64Array(options.capacity);
    this.receiveStamp = new Float64Array(options.capacity);
  }

  get unjudged(): number {
    return this.next - this.head;
  }

  /** No room for another packet: the verdicts are too far behind. */
  get full(): boolean {
    return this.unjudged > this.mask;
  }

  /**
   * Books an attempt to send.
   * @param sizeIndex which of the path's sizes, `bytes` what it came to
   * @returns the sequence number, of which packets carry the low 32 bits
   */
  attempt(sizeIndex: number, bytes: number, nowNanos: number): number {
    const i = this.next & this.mask;
    this.state[i] = IN_FLIGHT;
    this.size[i] = sizeIndex;
    this.bytes[i] = bytes;
    this.sentNanos[i] = nowNanos;
    this.transmitStamp[i] = Number.NaN;
    this.receiveStamp[i] = Number.NaN;
    add(this.tally, STREAM.sent, 1);
    add(this.tally, STREAM.inFlight, 1);
    return this.next++;
  }

  /** The kernel took the packet; `nowNanos` is monotonic and was read after the call. */
  sent(sequence: number, nowNanos: number): void {
    this.sentNanos[sequence & this.mask] = nowNanos;
    this.tally[STREAM.refusedRun] = 0;
  }

  refused(sequence: number, errorName: string): void {
    const known = sendErrorReasons.indexOf(errorName as (typeof sendErrorReasons)[number]);
    const reason = known < 0 ? sendErrorReasons.length - 1 : known;
    this.state[sequence & this.mask] = REFUSED;
    add(this.tally, STREAM.sendErrors + reason, 1);
    add(this.tally, STREAM.refusedRun, 1);
    this.tally[STREAM.lastSendError] = reason;
  }

  /** The kernel's transmit stamp, realtime nanoseconds. */
  transmitted(sequence: number, stampNanos: number): void {
    if (this.unwrap(sequence) >= 0) this.transmitStamp[sequence & this.mask] = stampNanos;
  }

  /**
   * A reply of ours came.
   * @param wireSequence the 32 bits that it carries
   * @param bytes its length: an echo reply is as long as its request
   * @param stampNanos the kernel's receive stamp, realtime; NaN without one
   * @returns false where it answers nothing that is remembered
   */
  replied(wireSequence: number, bytes: number, stampNanos: number, doubts: Doubts): boolean {
    const sequence = this.unwrap(wireSequence);
    const i = sequence & this.mask;
    if (sequence < 0 || bytes !== this.bytes[i]) return false;
    switch (this.state[i]) {
      case IN_FLIGHT:
        this.answer(i, stampNanos, doubts);
        if (sequence < this.highestAnswered) add(this.tally, STREAM.reordered, 1);
        else this.highestAnswered = sequence;
        break;
      case JUDGED_LOST:
        this.state[i] = JUDGED_LOST_LATE;
        add(this.tally, STREAM.late, 1);
        break;
      case JUDGED_VOID:
        break;
      default:
        add(this.tally, STREAM.duplicates, 1);
    }
    return true;
  }

  /** The full sequence number behind 32 bits of it; -1 where that packet is not remembered. */
  private unwrap(wireSequence: number): number {
    const age = (this.next - wireSequence) >>> 0;
    return age === 0 || age > Math.min(this.mask + 1, this.next) ? -1 : this.next - age;
  }

  private answer(i: number, stampNanos: number, doubts: Doubts): void {
    const elapsed = doubts.nowNanos - (this.sentNanos[i] as number);
    if (this.clockHeld(i, stampNanos, elapsed, doubts)) {
      this.state[i] = ANSWERED;
      this.receiveStamp[i] = stampNanos;
    } else if (elapsed <= this.options.timeoutNanos) {
      this.state[i] = ANSWERED; // in time by the monotonic clock, whatever the stamps say
    } else {
      this.state[i] = Number.isNaN(stampNanos) ? UNSURE_NOT_DRAINED : UNSURE_CLOCK;
    }
  }

  /** Can the stamps of this packet be compared? Not across a step of the wall clock, nor where they contradict its flight. */
  private clockHeld(i: number, stampNanos: number, elapsed: number, doubts: Doubts): boolean {
    const sent = this.sentNanos[i] as number;
    if (Number.isNaN(stampNanos) || sent < doubts.steppedNanos) return false;
    const transmitted = this.transmitStamp[i] as number;
    const sinceSent = stampNanos - (sent + doubts.realtimeOffsetNanos);
    const tolerance = CLOCK_TOLERANCE_NANOS + elapsed * CLOCK_TOLERANCE_RATIO;
    if (sinceSent > elapsed + tolerance) return false; // stamped in what is still the future
    return Number.isNaN(transmitted) ? sinceSent >= -tolerance : stampNanos >= transmitted;
  }

  /** Gives every verdict that can be given now. @returns true if there was any */
  judge(doubts: Doubts): boolean {
    const before = this.head;
    while (this.head < this.next && this.judgeOne(this.head & this.mask, doubts)) {
      this.head++;
      add(this.tally, STREAM.inFlight, -1);
    }
    return this.head !== before;
  }

  private judgeOne(i: number, doubts: Doubts): boolean {
    switch (this.state[i]) {
      case ANSWERED:
        this.judgeAnswered(i, doubts);
        return true;
      case REFUSED:
        this.void(i, "send_failed");
        return true;
      case UNSURE_CLOCK:
        this.void(i, "clock_step");
        return true;
      case UNSURE_NOT_DRAINED:
        this.void(i, "not_drained");
        return true;
      default:
        return this.judgeUnanswered(i, doubts);
    }
  }

  private judgeAnswered(i: number, doubts: Doubts): void {
    const received = this.receiveStamp[i] as number;
    const transmitted = this.transmitStamp[i] as number;
    const hasTransmit = !Number.isNaN(transmitted);
    const sent = hasTransmit ? transmitted : (this.sentNanos[i] as number) + doubts.realtimeOffsetNanos;
    if (received - sent > this.options.timeoutNanos) {
      this.lose(i, doubts);
      this.state[i] = JUDGED_LOST_LATE;
      add(this.tally, STREAM.late, 1);
      return;
    }
    this.state[i] = JUDGED_RECEIVED;
    this.endRun();
    add(this.tally, STREAM.received, 1);
    add(this.tally, STREAM.packets + (this.size[i] as number), 1);
    const rttNanos = received - transmitted;
    if (!hasTransmit) this.options.missingStamp("transmit");
    else if (!(rttNanos >= 0)) this.options.missingStamp("receive");
    else this.observeRtt(rttNanos / 1e9);
  }

  private judgeUnanswered(i: number, doubts: Doubts): boolean {
    const sent = this.sentNanos[i] as number;
    const deadline = sent + this.options.timeoutNanos;
    if (doubts.drainedNanos < deadline + GUARD_NANOS) {
      if (doubts.nowNanos < deadline + UNDRAINED_NANOS) return false;
      this.void(i, "not_drained");
    } else if (doubts.socketDrops.overlaps(sent, deadline + GUARD_NANOS)) {
      this.void(i, "socket_drop");
    } else {
      this.lose(i, doubts);
    }
    return true;
  }

  private void(i: number, reason: VoidReason): void {
    this.state[i] = JUDGED_VOID;
    add(this.tally, STREAM.void + voidReasons.indexOf(reason), 1);
  }

  private lose(i: number, doubts: Doubts): void {
    const { tally } = this;
    const sent = this.sentNanos[i] as number;
    this.state[i] = JUDGED_LOST;
    add(tally, STREAM.packets + (this.size[i] as number), 1);
    add(tally, STREAM.lost + (this.size[i] as number), 1);
    if (doubts.stalls.overlaps(sent, sent + this.flightNanos())) add(tally, STREAM.stalledLost, 1);
    if (word(tally, STREAM.openRunPackets) === 0) {
      add(tally, STREAM.bursts, 1);
      tally[STREAM.openRunSince] = sent;
    }
    add(tally, STREAM.openRunPackets, 1);
    const run = word(tally, STREAM.openRunPackets);
    add(tally, STREAM.burstSquared, 2 * run - 1);
    tally[STREAM.longestRun] = Math.max(run, word(tally, STREAM.longestRun));
  }

  /** A received packet ends a run of loss; a void one says nothing and leaves it open. */
  private endRun(): void {
    const { tally } = this;
    const run = word(tally, STREAM.openRunPackets);
    if (run === 0) return;
    add(tally, STREAM.burst + bucketOf(burstBuckets, run), 1);
    add(tally, STREAM.burstSum, run);
    tally[STREAM.openRunPackets] = 0;
    tally[STREAM.openRunSince] = 0;
  }

  private observeRtt(seconds: number): void {
    const bucket = bucketOf(rttBuckets, seconds);
    add(this.tally, STREAM.rtt + bucket, 1);
    add(this.tally, STREAM.rttSum, seconds);
    add(this.recentRtt, bucket, 1);
    if (++this.recentReplies >= RECENT_REPLIES) {
      this.recentReplies = 0;
      for (let k = 0; k < this.recentRtt.length; k++) this.recentRtt[k] = (this.recentRtt[k] as number) / 2;
    }
    this.options.rttLog?.(seconds);
  }

  /** How long a packet's flight is taken to last: the recent 99th percentile of RTT, at least 1 ms. */
  private flightNanos(): number {
    const total = this.recentRtt.reduce((a, b) => a + b, 0);
    let rest = total * 0.01;
    for (let k = this.recentRtt.length - 1; k >= 0; k--) {
      rest -= this.recentRtt[k] as number;
      if (total > 0 && rest < 0) {
        return Math.max(SHORTEST_FLIGHT_NANOS, (rttBuckets[k] ?? this.options.timeoutNanos / 1e9) * 1e9);
      }
    }
    return SHORTEST_FLIGHT_NANOS;
  }
}

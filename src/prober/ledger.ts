import type { Doubts } from "./doubts.ts";
import type { PacketRecorder } from "./packet-record.ts";
import { PacketWindow } from "./packet-window.ts";
import { add, addRare, STREAM, sendErrorReasons, setRare, type VoidReason } from "./tally.ts";
import { Verdicts } from "./verdicts.ts";

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
/** A reply of any length answers: STAMP reflectors need not be symmetric. */
export const ANY_LENGTH = -1;

/** What a ledger knows of one packet; `forgotten` is one that is too long ago. */
export type Standing = "in flight" | "received" | "lost" | "late" | "void" | "forgotten";

export interface LedgerOptions {
  readonly timeoutNanos: number;
  /** Packets that may be remembered at once, in flight or judged; a power of two. */
  readonly capacity: number;
  /** Where verdicts go one by one, in send order; for one-shot runs. */
  readonly recorder?: PacketRecorder;
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
  private readonly packets: PacketWindow;
  private readonly verdicts: Verdicts;
  /** The oldest packet without a verdict, and the number of the next one. */
  private head = 0;
  private next = 0;
  private highestAnswered = -1;

  constructor(tally: Float64Array, options: LedgerOptions) {
    this.tally = tally;
    this.options = options;
    this.packets = new PacketWindow(options.capacity);
    this.verdicts = new Verdicts(tally, options.recorder);
  }

  /** Packets that it remembers. */
  get capacity(): number {
    return this.packets.mask + 1;
  }

  /** Number of the next packet. */
  get nextSequence(): number {
    return this.next;
  }

  /** Number of the oldest packet without a verdict. */
  get unjudgedFrom(): number {
    return this.head;
  }

  get unjudged(): number {
    return this.next - this.head;
  }

  /** Is there room for so many more packets? Without, the verdicts are too far behind. */
  hasRoom(packets: number): boolean {
    return this.unjudged + packets <= this.packets.mask + 1;
  }

  /**
   * Books an attempt to send.
   * @param sizeIndex which of the path's sizes, `bytes` what it came to
   * @returns the sequence number, of which packets carry the low 32 bits
   */
  attempt(sizeIndex: number, bytes: number, nowNanos: number): number {
    const i = this.next & this.packets.mask;
    this.packets.begin(i, IN_FLIGHT, sizeIndex, bytes, nowNanos);
    add(this.tally, STREAM.sent, 1);
    add(this.tally, STREAM.inFlight, 1);
    return this.next++;
  }

  /** The kernel took the packet; `nowNanos` is monotonic and was read after the call. */
  sent(sequence: number, nowNanos: number): void {
    this.packets.setSentNanos(sequence & this.packets.mask, nowNanos);
    this.tally[STREAM.refusedRun] = 0;
  }

  refused(sequence: number, errorName: string): void {
    const known = sendErrorReasons.indexOf(errorName as (typeof sendErrorReasons)[number]);
    const reason = known < 0 ? sendErrorReasons.length - 1 : known;
    this.packets.setState(sequence & this.packets.mask, REFUSED);
    addRare(this.tally, STREAM.sendErrors + reason, 1);
    add(this.tally, STREAM.refusedRun, 1);
    setRare(this.tally, STREAM.lastSendError, reason);
  }

  /** The kernel's transmit stamp, realtime nanoseconds. */
  transmitted(sequence: number, stampNanos: number): void {
    if (this.unwrap(sequence) >= 0) this.packets.setTransmitStamp(sequence & this.packets.mask, stampNanos);
  }

  /**
   * A reply of ours came.
   * @param wireSequence the 32 bits that it carries
   * @param bytes its length, where the protocol makes replies as long as their requests; else ANY_LENGTH
   * @param stampNanos the kernel's receive stamp, realtime; NaN without one
   * @param heldSeconds how long the other end held the packet, where it tells
   * @returns false where it answers nothing that is remembered
   */
  replied(wireSequence: number, bytes: number, stampNanos: number, doubts: Doubts, heldSeconds = 0): boolean {
    const sequence = this.unwrap(wireSequence);
    const i = sequence & this.packets.mask;
    if (sequence < 0 || (bytes !== ANY_LENGTH && bytes !== this.packets.bytes(i))) return false;
    switch (this.packets.state(i)) {
      case IN_FLIGHT:
        this.answer(i, stampNanos, doubts);
        this.packets.noteHeld(i, heldSeconds);
        if (sequence < this.highestAnswered) addRare(this.tally, STREAM.reordered, 1);
        else this.highestAnswered = sequence;
        break;
      case JUDGED_LOST:
        this.packets.setState(i, JUDGED_LOST_LATE);
        addRare(this.tally, STREAM.late, 1);
        break;
      case JUDGED_VOID:
        break;
      default:
        addRare(this.tally, STREAM.duplicates, 1);
    }
    return true;
  }

  /** When the packet left, monotonic nanoseconds; it must not be forgotten yet. */
  sentAt(sequence: number): number {
    return this.packets.sentNanos(sequence & this.packets.mask);
  }

  /** Is it some time yet until the packet's place is needed for another one? */
  remembersLong(sequence: number): boolean {
    return this.next - sequence <= this.packets.mask / 2;
  }

  standing(sequence: number): Standing {
    if (sequence >= this.next || sequence < this.next - this.packets.mask - 1) return "forgotten";
    if (sequence >= this.head) return "in flight";
    switch (this.packets.state(sequence & this.packets.mask)) {
      case JUDGED_RECEIVED:
        return "received";
      case JUDGED_LOST:
        return "lost";
      case JUDGED_LOST_LATE:
        return "late";
      default:
        return "void";
    }
  }

  /** The full sequence number behind 32 bits of it; -1 where that packet is not remembered. */
  private unwrap(wireSequence: number): number {
    const age = (this.next - wireSequence) >>> 0;
    return age === 0 || age > Math.min(this.packets.mask + 1, this.next) ? -1 : this.next - age;
  }

  private answer(i: number, stampNanos: number, doubts: Doubts): void {
    const elapsed = doubts.nowNanos - this.packets.sentNanos(i);
    if (this.clockHeld(i, stampNanos, elapsed, doubts)) {
      this.packets.setState(i, ANSWERED);
      this.packets.setReceiveStamp(i, stampNanos);
    } else if (elapsed <= this.options.timeoutNanos) {
      this.packets.setState(i, ANSWERED); // in time by the monotonic clock, whatever the stamps say
    } else {
      this.packets.setState(i, Number.isNaN(stampNanos) ? UNSURE_NOT_DRAINED : UNSURE_CLOCK);
    }
  }

  /** Can the stamps of this packet be compared? Not across a step of the wall clock, nor where they contradict its flight. */
  private clockHeld(i: number, stampNanos: number, elapsed: number, doubts: Doubts): boolean {
    const sent = this.packets.sentNanos(i);
    if (Number.isNaN(stampNanos) || sent < doubts.steppedNanos) return false;
    const transmitted = this.packets.transmitStamp(i);
    const sinceSent = stampNanos - (sent + doubts.realtimeOffsetNanos);
    const tolerance = CLOCK_TOLERANCE_NANOS + elapsed * CLOCK_TOLERANCE_RATIO;
    if (sinceSent > elapsed + tolerance) return false; // stamped in what is still the future
    return Number.isNaN(transmitted) ? sinceSent >= -tolerance : stampNanos >= transmitted;
  }

  /**
   * Gives every verdict that can be given now.
   * @param before packets from this number on are another transport's, with other doubts
   */
  judge(doubts: Doubts, before: number): void {
    const end = Math.min(this.next, before);
    while (this.head < end && this.judgeOne(this.head & this.packets.mask, doubts)) {
      this.head++;
      add(this.tally, STREAM.inFlight, -1);
    }
  }

  private judgeOne(i: number, doubts: Doubts): boolean {
    switch (this.packets.state(i)) {
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
    const received = this.packets.receiveStamp(i);
    const transmitted = this.packets.transmitStamp(i);
    const hasTransmit = !Number.isNaN(transmitted);
    const sent = hasTransmit ? transmitted : this.packets.sentNanos(i) + doubts.realtimeOffsetNanos;
    if (received - sent > this.options.timeoutNanos) {
      this.lose(i, doubts);
      this.packets.setState(i, JUDGED_LOST_LATE);
      addRare(this.tally, STREAM.late, 1);
      return;
    }
    this.packets.setState(i, JUDGED_RECEIVED);
    const rttSeconds = (received - transmitted) / 1e9;
    if (!hasTransmit) this.options.missingStamp("transmit");
    else if (!(rttSeconds >= 0)) this.options.missingStamp("receive");
    this.verdicts.received(this.packets.sizeIndex(i), this.packets.sentNanos(i), this.onTheWay(i, rttSeconds));
  }

  /** The round trip less what the other end held the packet; NaN where stamps are missing. */
  private onTheWay(i: number, rttSeconds: number): number {
    if (!(rttSeconds >= 0)) return Number.NaN;
    const held = this.packets.heldSeconds(i);
    return held >= 0 && held <= rttSeconds ? rttSeconds - held : rttSeconds;
  }

  private judgeUnanswered(i: number, doubts: Doubts): boolean {
    const sent = this.packets.sentNanos(i);
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
    this.packets.setState(i, JUDGED_VOID);
    this.verdicts.void(this.packets.sentNanos(i), reason);
  }

  private lose(i: number, doubts: Doubts): void {
    const sent = this.packets.sentNanos(i);
    const stalled = doubts.stalls.overlaps(sent, sent + this.verdicts.flightNanos(this.options.timeoutNanos));
    this.packets.setState(i, JUDGED_LOST);
    this.verdicts.lost(this.packets.sizeIndex(i), sent, stalled);
  }
}

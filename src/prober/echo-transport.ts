import type { KernelClock } from "../kernel/ffi/clock.ts";
import { type IcmpSocket, socketDrops } from "../kernel/ffi/icmp-socket.ts";
import { errnoName, lastErrno } from "../kernel/ffi/libc.ts";
import { kernelStampNanos, MessageRing } from "../kernel/ffi/message-ring.ts";
import { close, MSG_DONTWAIT, MSG_ERRQUEUE, recvmmsg, sendmmsg } from "../kernel/ffi/socket.ts";
import {
  findEchoRequest,
  ipv4HeaderLength,
  PADDING_AT,
  paddingByte,
  paddingSums,
  readEchoReply,
  writeEchoChecksum,
  writeEchoRequest,
} from "../packet/icmp.ts";
import { createDoubts, type Doubts, type RecentSpans } from "./doubts.ts";
import type { ProbeStream } from "./stream.ts";
import { add, ENGINE } from "./tally.ts";

const BATCH = 64;
/** Link header with two VLAN tags, the longest IP header and our marks. */
const ERROR_BYTES = 128;
const LONGEST_IP_HEADER = 60;
/** Rounds of one drain; a flood that outlasts them leaves the socket undrained, which withholds verdicts. */
const DRAIN_ROUNDS = 256;

export interface TransportDeps {
  readonly socket: IcmpSocket;
  readonly clock: KernelClock;
  /** The engine's tally. */
  readonly engine: Float64Array;
  readonly stalls: RecentSpans;
  /** The living stream with this mark. */
  readonly streamOf: (mark: number) => ProbeStream | undefined;
  /** Called for each stream whose books a reply changed. */
  readonly touched: (stream: ProbeStream) => void;
}

/** Echo requests and replies of one family: batches out, stamps and replies in, and the doubts about this socket. */
export class EchoTransport {
  readonly doubts: Doubts;
  private readonly deps: TransportDeps;
  private readonly nonce = { nonceLow: random32(), nonceHigh: random32() };
  private readonly errors = new MessageRing(BATCH, ERROR_BYTES);
  private replies: MessageRing;
  private sends: MessageRing;
  private sums: Float64Array;
  private pending = 0;
  private readonly pendingStream: (ProbeStream | undefined)[] = new Array(BATCH);
  private readonly pendingSequence = new Uint32Array(BATCH);
  private readonly marks = { stream: 0, sequence: 0 };
  private readonly fields = { identifier: 0, nonceLow: 0, nonceHigh: 0, stream: 0, sequence: 0 };
  private headerHint = -1;
  private dropsSeen = 0;
  private dropsCheckedNanos: number;

  constructor(deps: TransportDeps, largestPacket: number) {
    this.deps = deps;
    this.doubts = createDoubts(deps.stalls);
    this.dropsCheckedNanos = deps.clock.monotonicNanos();
    this.fields = { ...this.fields, ...this.nonce, identifier: deps.socket.identifier };
    this.errors.prepareReceive(BATCH);
    this.replies = replyRing(largestPacket);
    this.sends = sendRing(largestPacket);
    this.sums = paddingSums(largestPacket - PADDING_AT);
  }

  /** Makes room for larger packets; what waits in the batch is sent first. */
  ensureCapacity(largestPacket: number): void {
    if (largestPacket <= this.sends.dataStride) return;
    this.flush();
    this.replies = replyRing(largestPacket);
    this.sends = sendRing(largestPacket);
    this.sums = paddingSums(largestPacket - PADDING_AT);
  }

  get batchFull(): boolean {
    return this.pending === BATCH;
  }

  /** Puts the stream's next packet into the batch; its size is the one that the stream's picker chose. */
  put(stream: ProbeStream, sockaddr: Uint8Array, nowNanos: number): void {
    const { socket } = this.deps;
    const bytes = stream.sizes.bytes;
    const sequence = stream.ledger.attempt(stream.sizes.index, bytes, nowNanos);
    const i = this.pending++;
    const at = this.sends.dataAt(i);
    this.fields.stream = stream.mark;
    this.fields.sequence = sequence >>> 0;
    writeEchoRequest(this.sends.words, at, socket.family, this.fields);
    if (socket.kind === "raw" && socket.family === 4) {
      // An odd last byte of padding counts as the low half of a word, and what lies behind it is not sent.
      writeEchoChecksum(this.sends.words, at, this.sums[bytes - PADDING_AT] as number);
    }
    this.sends.setDataLength(i, bytes);
    this.sends.setName(i, sockaddr);
    this.pendingStream[i] = stream;
    this.pendingSequence[i] = sequence;
  }

  /** Sends the batch. What the kernel refuses is booked as refused, one by one; the rest still goes out. */
  flush(): void {
    const { socket, clock } = this.deps;
    for (let from = 0; from < this.pending; ) {
      const taken = sendmmsg(socket.fd, this.sends.addressOf(from), this.pending - from, MSG_DONTWAIT);
      if (taken > 0) {
        const now = clock.monotonicNanos();
        for (let i = from; i < from + taken; i++)
          this.pendingStream[i]?.ledger.sent(this.pendingSequence[i] as number, now);
        from += taken;
        continue;
      }
      const error = errnoName(lastErrno());
      if (error === "EINTR") continue;
      this.pendingStream[from]?.ledger.refused(this.pendingSequence[from] as number, error);
      from++;
    }
    this.pending = 0;
  }

  /**
   * Reads all that the socket holds: transmit stamps first, or replies would find no send time, then replies, then what the
   * socket itself dropped.
   * @param now what the engine read on both clocks at the start of this round
   */
  drain(realtimeOffsetNanos: number, steppedNanos: number): void {
    const { clock } = this.deps;
    const begun = clock.monotonicNanos();
    this.doubts.realtimeOffsetNanos = realtimeOffsetNanos;
    this.doubts.steppedNanos = steppedNanos;
    this.readStamps();
    if (this.readReplies()) this.doubts.drainedNanos = begun;
    this.checkDrops();
  }

  private readStamps(): void {
    const { socket, clock } = this.deps;
    const ring = this.errors;
    for (let round = 0, received = BATCH; received === BATCH && round < DRAIN_ROUNDS; round++) {
      received = recvmmsg(socket.fd, ring.addressOf(0), BATCH, MSG_ERRQUEUE | MSG_DONTWAIT, null);
      for (let i = 0; i < received; i++) this.readStamp(i, kernelStampNanos(ring, i, clock.baseSeconds));
      ring.prepareReceive(received);
    }
  }

  private readStamp(i: number, stampNanos: number): void {
    const ring = this.errors;
    const length = Math.min(ring.receivedLength(i), ring.dataStride);
    this.headerHint = findEchoRequest(ring.bytes, ring.dataAt(i), length, this.nonce, this.headerHint, this.marks);
    if (this.headerHint < 0 || Number.isNaN(stampNanos)) return;
    this.deps.streamOf(this.marks.stream)?.ledger.transmitted(this.marks.sequence, stampNanos);
  }

  /** @returns true when the socket was read to its end */
  private readReplies(): boolean {
    const { socket, clock } = this.deps;
    const ring = this.replies;
    for (let round = 0; round < DRAIN_ROUNDS; round++) {
      const received = recvmmsg(socket.fd, ring.addressOf(0), BATCH, MSG_DONTWAIT, null);
      if (received < 0) return this.atEnd(errnoName(lastErrno()));
      this.doubts.nowNanos = clock.monotonicNanos();
      for (let i = 0; i < received; i++) this.readReply(i, kernelStampNanos(ring, i, clock.baseSeconds));
      ring.prepareReceive(received);
      if (received < BATCH) return true;
    }
    return false;
  }

  private atEnd(error: string): boolean {
    if (error === "EAGAIN") return true;
    if (error === "EINTR" || error === "ENOMEM" || error === "ENOBUFS") return false;
    throw new Error(`the IPv${this.deps.socket.family} probe socket cannot be read: ${error}`);
  }

  private readReply(i: number, stampNanos: number): void {
    const { socket, engine } = this.deps;
    const ring = this.replies;
    const at = ring.dataAt(i);
    const length = ring.receivedLength(i);
    const withHeader = socket.kind === "raw" && socket.family === 4;
    const header = withHeader ? ipv4HeaderLength(ring.bytes, at, length) : 0;
    const kind =
      withHeader && header === 0
        ? "malformed"
        : readEchoReply(ring.bytes, at + header, length - header, socket.family, this.nonce, this.marks);
    if (kind === "malformed") add(engine, ENGINE.malformed, 1);
    else if (kind === "foreign" || !this.book(i, length - header, stampNanos)) add(engine, ENGINE.foreign, 1);
  }

  /** @returns false where the reply is not from whom we asked, or to nothing that we remember */
  private book(i: number, length: number, stampNanos: number): boolean {
    const stream = this.deps.streamOf(this.marks.stream);
    if (!stream || !this.fromTarget(i, stream)) return false;
    if (!stream.ledger.replied(this.marks.sequence, length, stampNanos, this.doubts)) return false;
    this.deps.touched(stream);
    return true;
  }

  private fromTarget(i: number, stream: ProbeStream): boolean {
    const { destination, previousDestination } = stream;
    if (destination && this.replies.isFrom(i, destination.sockaddr)) return true;
    return previousDestination !== null && this.replies.isFrom(i, previousDestination.sockaddr);
  }

  /** What the socket dropped since the last look happened between then and now. */
  private checkDrops(): void {
    const { socket, engine, clock } = this.deps;
    const drops = socketDrops(socket.fd);
    const now = clock.monotonicNanos();
    this.doubts.nowNanos = now;
    if (drops !== this.dropsSeen) {
      const more = (drops - this.dropsSeen) >>> 0; // a 32-bit counter that wraps
      add(engine, socket.family === 4 ? ENGINE.socketDropsV4 : ENGINE.socketDropsV6, more);
      this.doubts.socketDrops.add(this.dropsCheckedNanos, now);
      this.dropsSeen = drops;
    }
    this.dropsCheckedNanos = now;
  }

  close(): void {
    close(this.deps.socket.fd);
  }
}

function replyRing(largestPacket: number): MessageRing {
  const ring = new MessageRing(BATCH, largestPacket + LONGEST_IP_HEADER);
  ring.prepareReceive(BATCH);
  return ring;
}

/** Padding is written once and never again: packets differ in their head and their length only. */
function sendRing(largestPacket: number): MessageRing {
  const ring = new MessageRing(BATCH, largestPacket);
  for (let i = 0; i < BATCH; i++) {
    const at = ring.dataAt(i);
    for (let k = PADDING_AT; k < largestPacket; k++) ring.bytes[at + k] = paddingByte(k - PADDING_AT);
  }
  return ring;
}

function random32(): number {
  return Math.floor(Math.random() * 0x1_0000_0000);
}

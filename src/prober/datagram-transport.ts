import { GSO_SEGMENTS, type Protocol } from "../config/path.ts";
import type { KernelClock } from "../kernel/ffi/clock.ts";
import { errnoName, lastErrno } from "../kernel/ffi/libc.ts";
import { kernelStampNanos, MessageRing, type ReportedError, readReportedError } from "../kernel/ffi/message-ring.ts";
import { askForBuffers, grantedReceiveBuffer, type ProbeSocket, socketDrops } from "../kernel/ffi/probe-socket.ts";
import { close, MSG_DONTWAIT, MSG_ERRQUEUE, recvmmsg, sendmmsg } from "../kernel/ffi/socket.ts";
import { icmpErrorMeaning } from "../packet/icmp-error.ts";
import type { Codec, Found } from "./codec.ts";
import type { ProbeAddress } from "./commands.ts";
import { createDoubts, type Doubts, type RecentSpans } from "./doubts.ts";
import { createLane, type Lane, type Pending } from "./lane.ts";
import { createRoute } from "./route.ts";
import type { ProbeStream, Route } from "./stream.ts";
import { add, addRare, ENGINE, icmpErrorReasons, STREAM, socketKind } from "./tally.ts";
import type { Transport } from "./transport.ts";

const BATCH = 64;
/** Link header with two VLAN tags, the longest IP header and our marks. */
const ERROR_BYTES = 128;
const LONGEST_IP_HEADER = 60;
/** Rounds of one drain; a flood that outlasts them leaves the socket undrained, which withholds verdicts. */
const DRAIN_ROUNDS = 256;

/**
 * A socket that is told of ICMP errors hands them to whichever call comes next, send or receive: that packet is tried again.
 * What is refused a second time is refused.
 */
const reported = [
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EHOSTDOWN",
  "EMSGSIZE",
  "EACCES",
  "EPROTO",
  "ENOPROTOOPT",
];

export interface DatagramDeps {
  readonly protocol: Protocol;
  /** Packets take turns among them. */
  readonly sockets: readonly ProbeSocket[];
  readonly codec: Codec;
  readonly clock: KernelClock;
  /** The engine's tally. */
  readonly engine: Float64Array;
  readonly stalls: RecentSpans;
  /** Called for each stream whose books something changed that came in. */
  readonly touched: (stream: ProbeStream) => void;
  /** A router told the largest packet that it passes on, in bytes of IP packet. */
  readonly learnedMtu: (stream: ProbeStream, bytes: number) => void;
}

/** Probes that are datagrams: batches out, stamps, errors and replies in, and the doubts about these sockets. */
export class DatagramTransport implements Transport {
  readonly doubts: Doubts;
  batchFull = false;
  private readonly deps: DatagramDeps;
  private readonly lanes: readonly Lane[];
  private readonly errors = new MessageRing(BATCH, ERROR_BYTES);
  private replies: MessageRing;
  private capacity = 0;
  private replyCapacity = 0;
  private readonly kind: number;
  private readonly found: Found = {
    stream: undefined,
    route: undefined,
    sequence: 0,
    packets: 1,
    bytes: 0,
    heldSeconds: 0,
  };
  private readonly error: ReportedError = { origin: "local", type: 0, code: 0, info: 0 };
  private dropsCheckedNanos: number;

  constructor(deps: DatagramDeps) {
    this.deps = deps;
    this.doubts = createDoubts(deps.stalls);
    this.dropsCheckedNanos = deps.clock.monotonicNanos();
    this.lanes = deps.sockets.map((socket, i) => createLane(i, socket, BATCH, 0));
    this.kind = socketKind(deps.protocol, this.family);
    this.errors.prepareReceive(BATCH);
    this.replies = new MessageRing(BATCH, 0);
    this.noteReceiveBuffer();
  }

  wantReceiveBuffer(bytes: number): void {
    for (const { fd } of this.deps.sockets) askForBuffers(fd, bytes);
    this.noteReceiveBuffer();
  }

  /** The smallest of several sockets counts. */
  private noteReceiveBuffer(): void {
    const { engine, sockets } = this.deps;
    engine[ENGINE.receiveBuffer + this.kind] = Math.min(...sockets.map(({ fd }) => grantedReceiveBuffer(fd)));
  }

  private get family(): 4 | 6 {
    return this.deps.sockets[0]?.family ?? 4;
  }

  ensureCapacity(bytes: number, replyBytes: number): void {
    if (bytes > this.capacity) {
      this.flush();
      this.capacity = bytes;
      for (const lane of this.lanes) {
        lane.sends = new MessageRing(BATCH, bytes);
        this.deps.codec.prepare(lane.sends, bytes);
      }
    }
    if (replyBytes <= this.replyCapacity) return;
    this.replyCapacity = replyBytes;
    this.replies = new MessageRing(BATCH, replyBytes + LONGEST_IP_HEADER);
    this.replies.prepareReceive(BATCH);
  }

  attach(stream: ProbeStream, address: ProbeAddress): Route {
    const route = createRoute(stream, address, this);
    this.deps.codec.attach(stream, route, this.lanes.length);
    return route;
  }

  detach(stream: ProbeStream, route: Route): void {
    this.deps.codec.detach(stream, route);
  }

  put(stream: ProbeStream, route: Route, nowNanos: number, most: number): number {
    const { ledger, sizes } = stream;
    const lane = this.lanes[ledger.nextSequence % this.lanes.length] as Lane;
    if (lane.pending === BATCH) this.flushLane(lane);
    const packets = sizes.isTrain ? Math.min(GSO_SEGMENTS, most) : 1;
    const i = lane.pending++;
    const waiting = lane.waiting[i] as Pending;
    waiting.stream = stream;
    waiting.route = route;
    waiting.packets = packets;
    waiting.sequence = ledger.attempt(sizes.index, sizes.bytes, nowNanos);
    for (let k = 1; k < packets; k++) ledger.attempt(sizes.index, sizes.bytes, nowNanos);
    lane.sends.setName(i, route.name);
    this.deps.codec.write(lane, i, sizes.bytes, nowNanos + this.doubts.realtimeOffsetNanos);
    if (lane.pending === BATCH) this.batchFull = true;
    return packets;
  }

  flush(): void {
    for (const lane of this.lanes) this.flushLane(lane);
    this.batchFull = false;
  }

  private flushLane(lane: Lane): void {
    const { codec, clock } = this.deps;
    let retried = false;
    for (let from = 0; from < lane.pending; ) {
      for (let i = from; i < lane.pending; i++) codec.number(lane, i);
      const taken = sendmmsg(lane.socket.fd, lane.sends.addressOf(from), lane.pending - from, MSG_DONTWAIT);
      const error = taken > 0 ? "" : errnoName(lastErrno());
      for (let i = lane.pending - 1; i >= from + Math.max(0, taken); i--) codec.unnumber(lane, i);
      if (taken > 0) {
        const now = clock.monotonicNanos();
        for (let i = from; i < from + taken; i++) bookSent(lane.waiting[i] as Pending, now);
        from += taken;
        retried = false;
      } else if (error === "EINTR") {
        // as if it had not been tried
      } else if (!retried && reported.includes(error)) {
        retried = true;
      } else {
        bookRefused(lane.waiting[from] as Pending, error);
        from++;
        retried = false;
      }
    }
    lane.pending = 0;
  }

  drain(realtimeOffsetNanos: number, steppedNanos: number): void {
    const begun = this.deps.clock.monotonicNanos();
    this.doubts.realtimeOffsetNanos = realtimeOffsetNanos;
    this.doubts.steppedNanos = steppedNanos;
    let emptied = true;
    for (const lane of this.lanes) {
      // Stamps first, or replies would find no send time.
      this.readErrorQueue(lane);
      emptied = this.readReplies(lane) && emptied;
    }
    if (emptied) this.doubts.drainedNanos = begun;
    this.checkDrops();
  }

  private readErrorQueue(lane: Lane): void {
    const { clock } = this.deps;
    const ring = this.errors;
    for (let round = 0, received = BATCH; received === BATCH && round < DRAIN_ROUNDS; round++) {
      received = recvmmsg(lane.socket.fd, ring.addressOf(0), BATCH, MSG_ERRQUEUE | MSG_DONTWAIT, null);
      for (let i = 0; i < received; i++) {
        // An error carries a stamp as well: that of its arrival.
        if (lane.socket.tellsErrors && readReportedError(ring, i, this.error)) this.readError(lane, i);
        else this.readStamp(lane, i, kernelStampNanos(ring, i, clock.baseSeconds));
      }
      ring.prepareReceive(received);
    }
  }

  private readStamp(lane: Lane, i: number, stampNanos: number): void {
    const { found } = this;
    if (Number.isNaN(stampNanos)) return;
    const length = Math.min(this.errors.receivedLength(i), this.errors.dataStride);
    if (!this.deps.codec.findSent(lane, this.errors, i, length, found)) return;
    // The kernel stamps a train once: its packets left together.
    for (let k = 0; k < found.packets; k++) found.stream?.ledger.transmitted((found.sequence + k) >>> 0, stampNanos);
  }

  private readError(lane: Lane, i: number): void {
    const { error, found } = this;
    const length = Math.min(this.errors.receivedLength(i), this.errors.dataStride);
    if (!this.deps.codec.findQuoted(lane, this.errors, i, length, found) || !found.stream) return;
    const meaning = error.origin === "local" ? "packet_too_big" : icmpErrorMeaning(this.family, error.type, error.code);
    addRare(found.stream.tally, STREAM.icmpErrors + icmpErrorReasons.indexOf(meaning), 1);
    if (meaning === "packet_too_big" && error.info > 0) this.deps.learnedMtu(found.stream, error.info);
    this.deps.touched(found.stream);
  }

  /** @returns true when the socket was read to its end */
  private readReplies(lane: Lane): boolean {
    const { clock } = this.deps;
    const ring = this.replies;
    for (let round = 0; round < DRAIN_ROUNDS; round++) {
      const received = recvmmsg(lane.socket.fd, ring.addressOf(0), BATCH, MSG_DONTWAIT, null);
      if (received < 0) {
        const error = errnoName(lastErrno());
        if (error === "EAGAIN") return true;
        if (reported.includes(error)) continue;
        if (error === "EINTR" || error === "ENOMEM" || error === "ENOBUFS") return false;
        throw new Error(`the ${this.deps.protocol} socket over IPv${this.family} cannot be read: ${error}`);
      }
      this.doubts.nowNanos = clock.monotonicNanos();
      for (let i = 0; i < received; i++) this.readReply(lane, i, kernelStampNanos(ring, i, clock.baseSeconds));
      ring.prepareReceive(received);
      if (received < BATCH) return true;
    }
    return false;
  }

  private readReply(lane: Lane, i: number, stampNanos: number): void {
    const { engine, codec } = this.deps;
    const { found, doubts } = this;
    const reading = codec.read(lane, this.replies, i, this.replies.receivedLength(i), found);
    if (reading === "ours") {
      const { stream, sequence, bytes, heldSeconds } = found;
      if (stream?.ledger.replied(sequence >>> 0, bytes, stampNanos, doubts, heldSeconds)) this.deps.touched(stream);
      else add(engine, ENGINE.foreign, 1);
    } else add(engine, ENGINE[reading], 1);
  }

  /** What a socket dropped since the last look happened between then and now. */
  private checkDrops(): void {
    const { engine, clock } = this.deps;
    let more = 0;
    for (const lane of this.lanes) {
      const drops = socketDrops(lane.socket.fd);
      more += (drops - lane.dropsSeen) >>> 0; // a 32-bit counter that wraps
      lane.dropsSeen = drops;
    }
    const now = clock.monotonicNanos();
    this.doubts.nowNanos = now;
    if (more > 0) {
      add(engine, ENGINE.socketDrops + this.kind, more);
      this.doubts.socketDrops.add(this.dropsCheckedNanos, now);
    }
    this.dropsCheckedNanos = now;
  }

  close(): readonly number[] {
    return this.lanes.map(({ socket }) => {
      close(socket.fd);
      return socket.fd;
    });
  }
}

function bookSent({ stream, sequence, packets }: Pending, nowNanos: number): void {
  for (let k = 0; k < packets; k++) stream?.ledger.sent(sequence + k, nowNanos);
}

function bookRefused({ stream, sequence, packets }: Pending, error: string): void {
  if (stream && error === "EMSGSIZE" && stream.mtuDueNanos < Number.POSITIVE_INFINITY) stream.mtuDueNanos = 0;
  for (let k = 0; k < packets; k++) stream?.ledger.refused(sequence + k, error);
}

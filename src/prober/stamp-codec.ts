import type { KeyObject } from "node:crypto";
import type { MessageRing } from "../kernel/ffi/message-ring.ts";
import { nanosOfNtpFraction, ntpFraction, ntpSeconds } from "../packet/ntp.ts";
import {
  emptyStampReply,
  readStampReply,
  rewriteStampSequence,
  type StampReply,
  stampFraction,
  stampSequence,
  stampSsid,
  writeStampRequest,
} from "../packet/stamp.ts";
import { isStampSealed, type StampHmac, sealStamp } from "../packet/stamp-hmac.ts";
import { STAMP_ERROR_ESTIMATE, STAMP_PTP_FORMAT, type StampMode, stampLayouts } from "../packet/stamp-layout.ts";
import { type Codec, type Found, isFromTarget, type Reading } from "./codec.ts";
import type { Lane, Pending } from "./lane.ts";
import { ANY_LENGTH } from "./ledger.ts";
import { StampSession } from "./stamp-session.ts";
import type { ProbeStream, Route } from "./stream.ts";

const UDP_HEADER_BYTES = 8;
const SHORTEST_IP_HEADER = 20;
const LARGEST_SSID = 0xffff;
/** Below the microsecond, where our clock says nothing, the timestamp is random: a forger would have to guess it. */
const RANDOM_FRACTION_BITS = 12;

interface Attached {
  readonly stream: ProbeStream;
  readonly route: Route;
  readonly hmac: StampHmac | undefined;
}

/** STAMP test packets (RFC 8762). A session identifier tells the streams on one socket apart (RFC 8972, section 3). */
export class StampCodec implements Codec {
  readonly kernelBytes = UDP_HEADER_BYTES;
  private readonly mode: StampMode;
  private readonly hmacOf: (key: KeyObject) => StampHmac;
  private readonly baseSeconds: number;
  private readonly random: () => number;
  private readonly attached = new Map<number, Attached>();
  private nextSsid: number;
  private readonly fields = { sequence: 0, seconds: 0, fraction: 0, errorEstimate: STAMP_ERROR_ESTIMATE, ssid: 0 };
  private readonly reply = emptyStampReply();

  /** @param baseSeconds seconds since 1970 from which the clock counts its nanoseconds */
  constructor(mode: StampMode, hmacOf: (key: KeyObject) => StampHmac, baseSeconds: number, random: () => number) {
    this.mode = mode;
    this.hmacOf = hmacOf;
    this.baseSeconds = baseSeconds;
    this.random = random;
    this.nextSsid = 1 + Math.floor(random() * LARGEST_SSID);
  }

  prepare(ring: MessageRing): void {
    ring.bytes.fill(0, ring.dataAt(0));
  }

  /** @throws RangeError where 65,535 streams have this socket already */
  attach(stream: ProbeStream, route: Route, lanes: number): void {
    const ssid = this.freeSsid();
    const capacity = stream.ledger.capacity;
    route.sessions = Array.from({ length: lanes }, () => new StampSession(ssid, capacity));
    this.attached.set(ssid, { stream, route, hmac: stream.key ? this.hmacOf(stream.key) : undefined });
  }

  private freeSsid(): number {
    if (this.attached.size === LARGEST_SSID) throw new RangeError("a socket has at most 65,535 STAMP sessions");
    while (this.attached.has(this.nextSsid)) this.nextSsid = (this.nextSsid % LARGEST_SSID) + 1;
    return this.nextSsid;
  }

  detach(_stream: ProbeStream, { sessions }: Route): void {
    for (const { ssid } of sessions) this.attached.delete(ssid);
  }

  write({ sends, waiting }: Lane, i: number, bytes: number, realtimeNanos: number): void {
    const { route, packets } = waiting[i] as Pending;
    const length = bytes - UDP_HEADER_BYTES;
    const seconds = Math.floor(realtimeNanos / 1e9);
    this.fields.ssid = route?.sessions[0]?.ssid ?? 0;
    this.fields.seconds = ntpSeconds(this.baseSeconds + seconds);
    const fraction = ntpFraction(realtimeNanos - seconds * 1e9) & -(1 << RANDOM_FRACTION_BITS);
    for (let k = 0; k < packets; k++) {
      this.fields.fraction = (fraction | (this.random() * (1 << RANDOM_FRACTION_BITS))) >>> 0;
      writeStampRequest(sends.bytes, sends.dataAt(i) + k * length, length, this.mode, this.fields);
    }
    sends.setDataLength(i, length * packets);
    if (packets > 1) sends.setSegmentBytes(i, length);
    else sends.clearControl(i);
  }

  number({ index, sends, waiting }: Lane, i: number): void {
    const { route, sequence, packets } = waiting[i] as Pending;
    const session = route?.sessions[index];
    if (!session) return;
    const hmac = this.attached.get(session.ssid)?.hmac;
    const length = sends.dataLength(i) / packets;
    for (let k = 0; k < packets; k++) {
      const at = sends.dataAt(i) + k * length;
      const number = session.take(sequence + k, stampFraction(sends.bytes, at, this.mode), packets - k);
      rewriteStampSequence(sends.bytes, at, number >>> 0);
      if (hmac) sealStamp(sends.bytes, at, hmac);
    }
  }

  unnumber({ index, waiting }: Lane, i: number): void {
    const { route, packets } = waiting[i] as Pending;
    for (let k = 0; k < packets; k++) route?.sessions[index]?.untake();
  }

  /** The UDP header is found by our source port before it, and checked by the session identifier behind it. */
  findSent(lane: Lane, ring: MessageRing, i: number, length: number, found: Found): boolean {
    if (lane.headerHint > 0 && this.findAt(lane, ring, i, lane.headerHint, length, found)) return true;
    for (let offset = SHORTEST_IP_HEADER + UDP_HEADER_BYTES; offset < length; offset += 2) {
      if (!this.findAt(lane, ring, i, offset, length, found)) continue;
      lane.headerHint = offset;
      return true;
    }
    return false;
  }

  private findAt(lane: Lane, ring: MessageRing, i: number, offset: number, length: number, found: Found): boolean {
    const at = ring.dataAt(i) + offset;
    const port =
      ((ring.bytes[at - UDP_HEADER_BYTES] as number) << 8) | (ring.bytes[at - UDP_HEADER_BYTES + 1] as number);
    return port === lane.socket.identifier && this.findPacket(lane, ring, at, length - offset, found);
  }

  /** A quotation begins behind the UDP header; it may end there, too. */
  findQuoted(lane: Lane, ring: MessageRing, i: number, length: number, found: Found): boolean {
    return this.findPacket(lane, ring, ring.dataAt(i), length, found);
  }

  private findPacket({ index }: Lane, ring: MessageRing, at: number, length: number, found: Found): boolean {
    if (length < stampLayouts[this.mode].ssid + 2) return false;
    const attached = this.attached.get(stampSsid(ring.bytes, at, this.mode));
    const session = attached?.route.sessions[index];
    const number = session?.unwrap(stampSequence(ring.bytes, at)) ?? -1;
    if (!attached || !session || number < 0) return false;
    found.stream = attached.stream;
    found.route = attached.route;
    found.sequence = session.sequenceOf(number);
    found.packets = session.trainOf(number);
    return true;
  }

  read({ index }: Lane, ring: MessageRing, i: number, length: number, found: Found): Reading {
    const at = ring.dataAt(i);
    const { reply } = this;
    if (readStampReply(ring.bytes, at, Math.min(length, ring.dataStride), this.mode, reply) === "malformed")
      return "malformed";
    const attached = this.attached.get(reply.ssid);
    const session = attached?.route.sessions[index];
    const number = session?.unwrap(reply.senderSequence) ?? -1;
    if (!attached || !session || number < 0 || !isFromTarget(ring, i, attached.stream.routes)) return "foreign";
    if (session.fractionOf(number) !== reply.senderFraction) return "foreign";
    if (attached.hmac && !isStampSealed(ring.bytes, at, attached.hmac)) return "unauthenticated";
    session.replied(number, reply.sequence);
    found.stream = attached.stream;
    found.route = attached.route;
    found.sequence = session.sequenceOf(number);
    found.bytes = ANY_LENGTH;
    found.heldSeconds = heldSeconds(reply);
    return "ours";
  }
}

/** How long the reflector held the packet, by its own clock in the format that it names. */
function heldSeconds({ errorEstimate, seconds, fraction, receiveSeconds, receiveFraction }: StampReply): number {
  const nanos = (part: number) => (errorEstimate & STAMP_PTP_FORMAT ? part : nanosOfNtpFraction(part));
  return ((seconds - receiveSeconds) | 0) + (nanos(fraction) - nanos(receiveFraction)) / 1e9;
}

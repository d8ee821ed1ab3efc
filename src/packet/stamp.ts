/**
 * STAMP (RFC 8762) with session identifiers and padding (RFC 8972), straight in the memory of a ring, without allocation.
 * A packet stands at `at` in `bytes`; all fields are big-endian. Timestamps have NTP's form: see ntp.ts.
 */
import { readU16, readU32, writeU16, writeU32 } from "./big-endian.ts";
import { type StampMode, stampBaseBytes, stampLayouts } from "./stamp-layout.ts";
import { TLV_HEADER_BYTES, writePaddingHeader } from "./stamp-tlv.ts";

/** What a sender says. */
export interface StampRequestFields {
  /** 32 bits. */
  readonly sequence: number;
  /** NTP seconds and fraction, 32 bits each. */
  readonly seconds: number;
  readonly fraction: number;
  /** 16 bits, see STAMP_ERROR_ESTIMATE. */
  readonly errorEstimate: number;
  /** Session identifier, 16 bits; 0 for none. */
  readonly ssid: number;
}

/**
 * Can a packet of this length exist? What exceeds the base must hold at least the header of a TLV.
 * @param length of the UDP payload, in bytes
 */
export function isStampLength(length: number, mode: StampMode): boolean {
  const rest = length - stampBaseBytes[mode];
  return rest === 0 || (rest >= TLV_HEADER_BYTES && rest - TLV_HEADER_BYTES <= 0xffff);
}

/**
 * Writes a request. The rest after the base is one Extra Padding TLV, whose value is left as it is in memory.
 * @throws RangeError for a length that cannot exist
 */
export function writeStampRequest(
  bytes: Uint8Array,
  at: number,
  length: number,
  mode: StampMode,
  fields: StampRequestFields,
): void {
  if (!isStampLength(length, mode)) throw new RangeError(`${mode} STAMP packets of ${length} bytes cannot exist`);
  const layout = stampLayouts[mode];
  const end = at + stampBaseBytes[mode];
  bytes.fill(0, at, end);
  writeU32(bytes, at, fields.sequence);
  writeU32(bytes, at + layout.time, fields.seconds);
  writeU32(bytes, at + layout.time + 4, fields.fraction);
  writeU16(bytes, at + layout.errorEstimate, fields.errorEstimate);
  writeU16(bytes, at + layout.ssid, fields.ssid);
  if (at + length > end) writePaddingHeader(bytes, end, at + length - end - TLV_HEADER_BYTES);
}

/** Sequence number of a request or reply. */
export function rewriteStampSequence(bytes: Uint8Array, at: number, sequence: number): void {
  writeU32(bytes, at, sequence);
}

/** Time of sending of a request or reply; an authenticated packet is sealed after it. */
export function rewriteStampTime(
  bytes: Uint8Array,
  at: number,
  mode: StampMode,
  seconds: number,
  fraction: number,
): void {
  const { time } = stampLayouts[mode];
  writeU32(bytes, at + time, seconds);
  writeU32(bytes, at + time + 4, fraction);
}

/** What a reflector says. Numbers are unsigned; times have NTP's form, or PTP's where an error estimate says so. */
export interface StampReply {
  /** The reflector's own; a stateless one repeats the sender's. */
  sequence: number;
  /** When the reply was sent. */
  seconds: number;
  fraction: number;
  errorEstimate: number;
  ssid: number;
  /** When the request arrived. */
  receiveSeconds: number;
  receiveFraction: number;
  senderSequence: number;
  senderSeconds: number;
  senderFraction: number;
  /** TTL or hop limit that the request arrived with. */
  senderTtl: number;
}

export function emptyStampReply(): StampReply {
  return {
    sequence: 0,
    seconds: 0,
    fraction: 0,
    errorEstimate: 0,
    ssid: 0,
    receiveSeconds: 0,
    receiveFraction: 0,
    senderSequence: 0,
    senderSeconds: 0,
    senderFraction: 0,
    senderTtl: 0,
  };
}

/** Reads a reply, whoever sent it; its HMAC is a question of its own. TLVs after the base are not looked at. */
export function readStampReply(
  bytes: Uint8Array,
  at: number,
  length: number,
  mode: StampMode,
  into: StampReply,
): "ours-shaped" | "malformed" {
  if (length < stampBaseBytes[mode] || at + length > bytes.length) return "malformed";
  const layout = stampLayouts[mode];
  into.sequence = readU32(bytes, at);
  into.seconds = readU32(bytes, at + layout.time);
  into.fraction = readU32(bytes, at + layout.time + 4);
  into.errorEstimate = readU16(bytes, at + layout.errorEstimate);
  into.ssid = readU16(bytes, at + layout.ssid);
  into.receiveSeconds = readU32(bytes, at + layout.receiveTime);
  into.receiveFraction = readU32(bytes, at + layout.receiveTime + 4);
  into.senderSequence = readU32(bytes, at + layout.senderSequence);
  into.senderSeconds = readU32(bytes, at + layout.senderTime);
  into.senderFraction = readU32(bytes, at + layout.senderTime + 4);
  into.senderTtl = bytes[at + layout.senderTtl] as number;
  return "ours-shaped";
}

/** Session identifier of a request or reply at least as long as the base (RFC 8972, section 3). */
export function stampSsid(bytes: Uint8Array, at: number, mode: StampMode): number {
  return readU16(bytes, at + stampLayouts[mode].ssid);
}

/** Sequence number of a request or reply at least 4 bytes long. */
export function stampSequence(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at);
}

/** Fraction of the time of sending of a request at least as long as the base. */
export function stampFraction(bytes: Uint8Array, at: number, mode: StampMode): number {
  return readU32(bytes, at + stampLayouts[mode].time + 4);
}

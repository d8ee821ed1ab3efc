/** What may follow the base of a STAMP packet (RFC 8972, section 4): flags, type, length of the value, value. */
import { readU16, writeU16 } from "./big-endian.ts";
import { isDigest, STAMP_HMAC_BYTES, type StampHmac, writeDigest } from "./stamp-hmac.ts";
import { type StampMode, stampBaseBytes } from "./stamp-layout.ts";

export const TLV_HEADER_BYTES = 4;

export const EXTRA_PADDING_TYPE = 1;
export const HMAC_TYPE = 8;

/** A sender sets the first, a reflector says with them what it made of the TLV. */
export const TLV_FLAG = { unrecognized: 0x80, malformed: 0x40, integrity: 0x20 } as const;

const SEQUENCE_BYTES = 4;

/** Header of an Extra Padding TLV (RFC 8972, section 4.1). @param valueBytes 0 to 65,535 */
export function writePaddingHeader(bytes: Uint8Array, at: number, valueBytes: number): void {
  bytes[at] = TLV_FLAG.unrecognized;
  bytes[at + 1] = EXTRA_PADDING_TYPE;
  writeU16(bytes, at + 2, valueBytes);
}

/**
 * May what the TLVs of a request say be used? Asked before the base is turned into the reply's. A request without an HMAC TLV
 * is trusted in plain mode, and in authenticated mode where it has nothing but padding (RFC 8972, section 4.8).
 * @param at of the whole packet, at least as long as the base
 * @param hmac of the key that the sender uses; undefined where there is none, and then no HMAC TLV can be right
 */
export function areTlvsTrusted(
  bytes: Uint8Array,
  at: number,
  length: number,
  mode: StampMode,
  hmac: StampHmac | undefined,
): boolean {
  const first = at + stampBaseBytes[mode];
  const end = at + length;
  let hmacAt = -1;
  let others = 0;
  for (let tlv = first, next = first; tlv < end; tlv = next) {
    next = endOfTlv(bytes, tlv, end);
    if (next < 0) break;
    const type = bytes[tlv + 1];
    if (type === EXTRA_PADDING_TYPE) continue;
    // Only padding may follow the HMAC TLV.
    if (hmacAt >= 0) return false;
    if (type === HMAC_TYPE) hmacAt = tlv;
    else others++;
  }
  if (hmacAt < 0) return mode === "plain" || others === 0;
  return hmac !== undefined && isDigest(bytes, hmacAt + TLV_HEADER_BYTES, digestOfTlvs(bytes, at, first, hmacAt, hmac));
}

/**
 * Turns the TLVs of a request into those of its reply, as a reflector must that knows padding and HMAC: values go back as they
 * came, flags say what was not recognized, malformed or not trusted, and the HMAC TLV covers the reply's sequence number.
 * @param at of the whole packet, whose sequence number already is the reply's
 */
export function reflectTlvs(
  bytes: Uint8Array,
  at: number,
  length: number,
  mode: StampMode,
  trusted: boolean,
  hmac: StampHmac | undefined,
): void {
  const first = at + stampBaseBytes[mode];
  const end = at + length;
  let hmacAt = -1;
  for (let tlv = first, next = first; tlv < end; tlv = next) {
    next = endOfTlv(bytes, tlv, end);
    const type = bytes[tlv + 1];
    if (next < 0) {
      bytes[tlv] = TLV_FLAG.malformed | (trusted ? 0 : TLV_FLAG.integrity);
      break;
    }
    const recognized = type === EXTRA_PADDING_TYPE || type === HMAC_TYPE;
    bytes[tlv] = (recognized ? 0 : TLV_FLAG.unrecognized) | (trusted ? 0 : TLV_FLAG.integrity);
    if (type === HMAC_TYPE) hmacAt = tlv;
  }
  if (hmacAt >= 0 && trusted && hmac) {
    writeDigest(bytes, hmacAt + TLV_HEADER_BYTES, digestOfTlvs(bytes, at, first, hmacAt, hmac));
  }
}

/** Where the TLV ends; -1 where it is malformed: no room for its header or value, or a length that its type cannot have. */
function endOfTlv(bytes: Uint8Array, tlv: number, end: number): number {
  if (tlv + TLV_HEADER_BYTES > end) return -1;
  const valueBytes = readU16(bytes, tlv + 2);
  if (bytes[tlv + 1] === HMAC_TYPE && valueBytes !== STAMP_HMAC_BYTES) return -1;
  const next = tlv + TLV_HEADER_BYTES + valueBytes;
  return next > end ? -1 : next;
}

function digestOfTlvs(bytes: Uint8Array, at: number, first: number, hmacAt: number, hmac: StampHmac): Uint8Array {
  return hmac(bytes, at, SEQUENCE_BYTES, first, hmacAt - first);
}

/**
 * ICMP and ICMPv6 echo (RFC 792, RFC 4443) as the probe engine writes and reads it: straight in the ring's memory, without
 * allocation. The first 16 bytes of payload carry what we need to know a reply of ours again; the rest is padding.
 *
 *     0  type, code, checksum       8  nonce, 8 bytes: this run of the engine
 *     4  identifier, sequence      16  stream: path slot and generation
 *                                  20  sequence, 32 bits
 */
export const ECHO_HEADER_BYTES = 8;
export const NONCE_AT = 8;
export const STREAM_AT = 16;
export const SEQUENCE_AT = 20;
export const PADDING_AT = 24;

export const ECHO_REQUEST_V4 = 8;
export const ECHO_REPLY_V4 = 0;
export const ECHO_REQUEST_V6 = 128;
export const ECHO_REPLY_V6 = 129;

/** Folds a sum of 16-bit words to the ones' complement checksum (RFC 1071); words may be in either byte order. */
export function foldChecksum(sum: number): number {
  let folded = (sum & 0xffff) + Math.floor(sum / 0x10000);
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return ~folded & 0xffff;
}

/** Padding that no link compresses away, the same for every packet, so that its checksum is known for each length. */
export function paddingByte(at: number): number {
  return (at * 167 + 13) & 0xff;
}

/**
 * Sums of the padding's 16-bit words for every length, so that the checksum of any size costs the same.
 * @returns entry n is the sum over the first n bytes of padding, little-endian words, an odd byte as its low half
 */
export function paddingSums(maxBytes: number): Float64Array {
  const sums = new Float64Array(maxBytes + 1);
  for (let n = 1; n <= maxBytes; n++) {
    const byte = paddingByte(n - 1);
    sums[n] = (sums[n - 1] as number) + (n % 2 === 1 ? byte : byte * 256);
  }
  return sums;
}

/** What an echo request of ours says, apart from padding. */
export interface EchoFields {
  /** 16 bits; datagram sockets overwrite it. */
  readonly identifier: number;
  readonly nonceLow: number;
  readonly nonceHigh: number;
  readonly stream: number;
  readonly sequence: number;
}

/**
 * Writes header and payload head; the padding is there already.
 * @param words the ring's memory as 32-bit words
 * @param at byte offset of the message, a multiple of 4
 */
export function writeEchoRequest(words: Uint32Array, at: number, family: 4 | 6, fields: EchoFields): void {
  const w = at >> 2;
  const sequence16 = fields.sequence & 0xffff;
  words[w] = family === 4 ? ECHO_REQUEST_V4 : ECHO_REQUEST_V6;
  words[w + 1] = swap16(fields.identifier) | (swap16(sequence16) << 16);
  words[w + 2] = fields.nonceLow;
  words[w + 3] = fields.nonceHigh;
  words[w + 4] = fields.stream;
  words[w + 5] = fields.sequence;
}

/** Fills in the checksum of an IPv4 echo request; raw sockets leave it to us, all others to the kernel. */
export function writeEchoChecksum(words: Uint32Array, at: number, paddingSum: number): void {
  const w = at >> 2;
  let sum = paddingSum;
  for (let k = 0; k < PADDING_AT / 4; k++) {
    const word = words[w + k] as number;
    sum += (word & 0xffff) + (word >>> 16);
  }
  words[w] = (words[w] as number) | (foldChecksum(sum) << 16);
}

function swap16(value: number): number {
  return ((value & 0xff) << 8) | (value >>> 8);
}

/** Length of the IPv4 header at `at`, in bytes; 0 where there is none that could be right. */
export function ipv4HeaderLength(bytes: Uint8Array, at: number, length: number): number {
  if (length < 20) return 0;
  const first = bytes[at] as number;
  const header = (first & 0x0f) * 4;
  return first >> 4 === 4 && header >= 20 && header <= length ? header : 0;
}

/** Our marks in a packet that came back, or that the error queue returns. */
export interface EchoMarks {
  stream: number;
  sequence: number;
}

/**
 * Reads the marks of an echo reply of ours.
 * @returns `ours`; `malformed` where it is too short to be an echo reply; `foreign` where it answers somebody else
 */
export function readEchoReply(
  bytes: Uint8Array,
  at: number,
  length: number,
  family: 4 | 6,
  nonce: { readonly nonceLow: number; readonly nonceHigh: number },
  marks: EchoMarks,
): "ours" | "malformed" | "foreign" {
  if (length < ECHO_HEADER_BYTES) return "malformed";
  if (bytes[at] !== (family === 4 ? ECHO_REPLY_V4 : ECHO_REPLY_V6) || bytes[at + 1] !== 0) return "foreign";
  if (length < PADDING_AT) return "foreign";
  return readMarks(bytes, at, nonce, marks) ? "ours" : "foreign";
}

function readMarks(
  bytes: Uint8Array,
  at: number,
  nonce: { readonly nonceLow: number; readonly nonceHigh: number },
  marks: EchoMarks,
): boolean {
  if (u32(bytes, at + NONCE_AT) !== nonce.nonceLow || u32(bytes, at + NONCE_AT + 4) !== nonce.nonceHigh) return false;
  marks.stream = u32(bytes, at + STREAM_AT);
  marks.sequence = u32(bytes, at + SEQUENCE_AT);
  return true;
}

/**
 * Finds our echo request in a packet as the driver saw it: link and IP headers of unknown length come first.
 * @returns offset of the ICMP header from `at`, or -1; try `hint` (the last answer) first, because one device keeps its headers
 */
export function findEchoRequest(
  bytes: Uint8Array,
  at: number,
  length: number,
  nonce: { readonly nonceLow: number; readonly nonceHigh: number },
  hint: number,
  marks: EchoMarks,
): number {
  if (hint >= 0 && hint + PADDING_AT <= length && readMarks(bytes, at + hint, nonce, marks)) return hint;
  for (let offset = 0; offset + PADDING_AT <= length; offset += 2) {
    if (readMarks(bytes, at + offset, nonce, marks)) return offset;
  }
  return -1;
}

function u32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0
  );
}

import { ParseError } from "../host.ts";
import { readU16, readU32, writeU16, writeU32 } from "./native-order.ts";

// struct nlmsghdr of linux/netlink.h: u32 length with the header, u16 type, u16 flags, u32 sequence, u32 port.
export const HEADER_BYTES = 16;
const TYPE_AT = 4;
const FLAGS_AT = 6;
const SEQUENCE_AT = 8;
const NLMSG_NOOP = 1;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
/** Types below are netlink's own. */
const NLMSG_MIN_TYPE = 0x10;
const NLM_F_REQUEST = 0x1;
const NLM_F_DUMP_INTR = 0x10;
const NLM_F_DUMP = 0x300;

/** One object of a dump: an interface, a queue. */
export interface NetlinkMessage {
  readonly type: number;
  /** What follows the header: a struct of the type's own, then attributes. */
  readonly payload: Uint8Array;
}

/** What some bytes from a netlink socket hold. */
export interface DumpPart {
  readonly messages: readonly NetlinkMessage[];
  /** The dump ends here: 0, or the kernel's error number. */
  readonly ended: number | undefined;
  /** The kernel's list changed since the dump began: something may be missing or there twice. */
  readonly interrupted: boolean;
}

/** Asks for all objects of a kind. @param body the struct of the type's own, and attributes */
export function dumpRequest(type: number, body: Uint8Array): Uint8Array {
  const request = new Uint8Array(HEADER_BYTES + body.length);
  writeU32(request, 0, request.length);
  writeU16(request, TYPE_AT, type);
  writeU16(request, FLAGS_AT, NLM_F_REQUEST | NLM_F_DUMP);
  request.set(body, HEADER_BYTES);
  return request;
}

export function requestType(request: Uint8Array): number {
  return readU16(request, TYPE_AT);
}

/** The request under a number that its answers will carry. */
export function numbered(request: Uint8Array, sequence: number): Uint8Array {
  const copy = request.slice();
  writeU32(copy, SEQUENCE_AT, sequence);
  return copy;
}

/** Netlink and its attributes begin at multiples of four. */
export function aligned(length: number): number {
  return (length + 3) & ~3;
}

/** The error number that ends a dump, as NLMSG_ERROR and NLMSG_DONE carry it: negative in the kernel. */
function errorNumber(payload: Uint8Array): number {
  return Math.abs(readU32(payload, 0) | 0);
}

/**
 * Splits what came from the kernel. The payloads are views of `bytes`.
 * @param sequence number of the request; answers to earlier ones are passed over. Without it, all are taken.
 * @throws ParseError where a length leads nowhere
 */
export function readDump(bytes: Uint8Array, sequence?: number): DumpPart {
  const messages: NetlinkMessage[] = [];
  let ended: number | undefined;
  let interrupted = false;
  for (let at = 0; at < bytes.length && ended === undefined; ) {
    const left = bytes.length - at;
    const length = left < HEADER_BYTES ? 0 : readU32(bytes, at);
    if (length < HEADER_BYTES || length > left) {
      throw new ParseError(`netlink message at ${at}: expected ${HEADER_BYTES} to ${left} bytes, got ${length}`);
    }
    const [type, flags] = [readU16(bytes, at + TYPE_AT), readU16(bytes, at + FLAGS_AT)];
    const ours = sequence === undefined || readU32(bytes, at + SEQUENCE_AT) === sequence;
    const payload = bytes.subarray(at + HEADER_BYTES, at + length);
    at += aligned(length);
    if (!ours || type === NLMSG_NOOP) continue;
    interrupted ||= (flags & NLM_F_DUMP_INTR) !== 0;
    if (type === NLMSG_ERROR || type === NLMSG_DONE) ended = errorNumber(payload);
    else if (type >= NLMSG_MIN_TYPE) messages.push({ type, payload });
  }
  return { messages, ended, interrupted };
}

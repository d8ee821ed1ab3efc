import { CMSG_HEADER_WORDS, endOfControl, hasValue } from "./control.ts";
import { CONTROL_STRIDE, layOutMessages, NAME_BYTES, NAME_STRIDE } from "./message-block.ts";
import { IOVEC, MMSGHDR } from "./mmsghdr.ts";
import {
  IP_RECVERR,
  IPPROTO_UDP,
  IPV6_RECVERR,
  SO_TIMESTAMPING,
  SO_TIMESTAMPNS,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
  UDP_SEGMENT,
} from "./socket.ts";

const MESSAGE_WORDS = MMSGHDR.bytes / 4;
const IOVEC_WORDS = IOVEC.bytes / 4;
const NAME_LENGTH = MMSGHDR.nameLength / 4;
const CONTROL_LENGTH = MMSGHDR.controlLength / 4;
const MESSAGE_LENGTH = MMSGHDR.length / 4;
const IOVEC_LENGTH = IOVEC.length / 4;

/** Offsets inside sockaddr_in and sockaddr_in6, in 32-bit words; family and port are the first of both. */
const SIN_ADDR = 1;
const SIN6_ADDR = 2;
const SIN6_SCOPE_ID = 6;

/**
 * An array of messages for sendmmsg and recvmmsg, with its names, control buffers and data, in one block of memory.
 * Everything is allocated once; a send or a receive allocates nothing.
 */
export class MessageRing {
  readonly count: number;
  readonly dataStride: number;
  /** The whole block; message i's data begins at `dataAt(i)`. */
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  /** Native address of the messages. */
  private readonly base: bigint;
  private readonly iovAt: number;
  private readonly nameAt: number;
  private readonly controlAt: number;
  private readonly dataStart: number;

  constructor(count: number, dataBytes: number) {
    this.count = count;
    this.dataStride = (dataBytes + 7) & ~7;
    const block = layOutMessages(count, this.dataStride);
    this.bytes = block.bytes;
    this.words = block.words;
    this.base = block.base;
    this.iovAt = block.iovAt;
    this.nameAt = block.nameAt;
    this.controlAt = block.controlAt;
    this.dataStart = block.dataAt;
  }

  /** Native address of message i: what a system call that begins there takes. */
  addressOf(i: number): bigint {
    return i === 0 ? this.base : this.base + BigInt(i * MMSGHDR.bytes);
  }

  dataAt(i: number): number {
    return this.dataStart + i * this.dataStride;
  }

  setDataLength(i: number, length: number): void {
    this.words[this.iovAt / 4 + i * IOVEC_WORDS + IOVEC_LENGTH] = length;
  }

  dataLength(i: number): number {
    return this.words[this.iovAt / 4 + i * IOVEC_WORDS + IOVEC_LENGTH] as number;
  }

  /** Bytes that the kernel received into message i. */
  receivedLength(i: number): number {
    return this.words[i * MESSAGE_WORDS + MESSAGE_LENGTH] as number;
  }

  /** @param name a sockaddr in 32-bit words: copying words one by one is several times faster than `set` for so few */
  setName(i: number, name: Uint32Array): void {
    const at = (this.nameAt + i * NAME_STRIDE) / 4;
    for (let k = 0; k < name.length; k++) this.words[at + k] = name[k] as number;
    this.words[i * MESSAGE_WORDS + NAME_LENGTH] = name.byteLength;
  }

  /** Does message i come from the address and port in `name` (a sockaddr)? ICMP sockets have port 0 on both sides. */
  isFrom(i: number, name: Uint32Array): boolean {
    const at = (this.nameAt + i * NAME_STRIDE) / 4;
    if (this.words[at] !== name[0]) return false; // family and port
    const v6 = name.byteLength === NAME_BYTES;
    const end = v6 ? SIN6_SCOPE_ID : SIN_ADDR + 1;
    for (let k = v6 ? SIN6_ADDR : SIN_ADDR; k < end; k++) if (this.words[at + k] !== name[k]) return false;
    return true;
  }

  /** Room for names and control data of the first messages is told anew: the last receive overwrote both lengths. */
  prepareReceive(used: number): void {
    for (let i = 0; i < used; i++) {
      this.words[i * MESSAGE_WORDS + NAME_LENGTH] = NAME_BYTES;
      this.words[i * MESSAGE_WORDS + CONTROL_LENGTH] = CONTROL_STRIDE;
    }
  }

  /** A send takes no control data. */
  clearControl(i: number): void {
    this.words[i * MESSAGE_WORDS + CONTROL_LENGTH] = 0;
  }

  /** Makes the kernel cut message i's data into datagrams of this many bytes (UDP_SEGMENT, udp(7)). */
  setSegmentBytes(i: number, bytes: number): void {
    const at = (this.controlAt + i * CONTROL_STRIDE) / 4;
    this.words[at] = CMSG_HEADER_WORDS * 4 + 2;
    this.words[at + 1] = 0;
    this.words[at + 2] = IPPROTO_UDP;
    this.words[at + 3] = UDP_SEGMENT;
    this.words[at + 4] = bytes;
    this.words[i * MESSAGE_WORDS + CONTROL_LENGTH] = CMSG_HEADER_WORDS * 4 + 8;
  }

  /** Index into `words` of message i's control data, and where it ends. */
  controlStart(i: number): number {
    return (this.controlAt + i * CONTROL_STRIDE) / 4;
  }

  controlEnd(i: number): number {
    return this.controlStart(i) + (this.words[i * MESSAGE_WORDS + CONTROL_LENGTH] as number) / 4;
  }
}

const SCM_TIMESTAMPING = SO_TIMESTAMPING;
const SCM_TIMESTAMPNS = SO_TIMESTAMPNS;
const TIMESPEC_BYTES = 16;

/**
 * The software stamp in message i's control data, in nanoseconds since `baseSeconds`; NaN where the kernel gave none.
 * A stamp of 0 is the kernel's way to say that there is none, never a time.
 */
export function kernelStampNanos(ring: MessageRing, i: number, baseSeconds: number): number {
  const { words } = ring;
  const end = ring.controlEnd(i);
  for (let at = ring.controlStart(i), next = at; at < end; at = next) {
    next = endOfControl(words, at, end);
    if (next < 0) break;
    const type = words[at + 3];
    if (words[at + 2] !== SOL_SOCKET || (type !== SCM_TIMESTAMPING && type !== SCM_TIMESTAMPNS)) continue;
    const seconds = hasValue(words, at, TIMESPEC_BYTES) ? (words[at + 4] as number) : 0;
    return seconds === 0 ? Number.NaN : (seconds - baseSeconds) * 1e9 + (words[at + 6] as number);
  }
  return Number.NaN;
}

/** What a router, the target or this machine's kernel answered to a packet of ours. */
export interface ReportedError {
  /** `local`: this machine's kernel; ICMP and ICMPv6 types have the numbers of their RFCs. */
  origin: "local" | "icmp" | "icmp6";
  type: number;
  code: number;
  /** For "packet too big", the MTU of the next link. */
  info: number;
}

const EXTENDED_ERROR_BYTES = 16;
const origins: readonly (ReportedError["origin"] | undefined)[] = [undefined, "local", "icmp", "icmp6"];

/**
 * The error in message i's control data (struct sock_extended_err of linux/errqueue.h).
 * @returns false where it holds none, such as beside a stamp
 */
export function readReportedError(ring: MessageRing, i: number, into: ReportedError): boolean {
  const { words } = ring;
  const end = ring.controlEnd(i);
  for (let at = ring.controlStart(i), next = at; at < end; at = next) {
    next = endOfControl(words, at, end);
    if (next < 0) break;
    const level = words[at + 2];
    const type = words[at + 3];
    const isError = (level === SOL_IP && type === IP_RECVERR) || (level === SOL_IPV6 && type === IPV6_RECVERR);
    if (!isError || !hasValue(words, at, EXTENDED_ERROR_BYTES)) continue;
    const facts = words[at + 5] as number; // origin, type, code and a pad byte
    const origin = origins[facts & 0xff];
    if (origin === undefined) return false;
    into.origin = origin;
    into.type = (facts >>> 8) & 0xff;
    into.code = (facts >>> 16) & 0xff;
    into.info = words[at + 6] as number;
    return true;
  }
  return false;
}

import { CMSG_HEADER_WORDS, endOfControl } from "./control.ts";
import { errnoName, lastErrno } from "./libc.ts";
import { CONTROL_STRIDE, layOutMessages, NAME_BYTES, NAME_STRIDE } from "./message-block.ts";
import { IOVEC, MMSGHDR } from "./mmsghdr.ts";
import * as sys from "./socket.ts";

/** How one packet arrived. Addresses are four words as they stand in memory, an IPv4 address mapped (RFC 4291, 2.5.5.2). */
export interface Arrival {
  /** Words 0 to 3: who sent it. 4 to 7: the address that it was sent to, which is the one that answers. */
  readonly addresses: Uint32Array;
  sourcePort: number;
  length: number;
  /** It was longer than the ring's data. */
  cut: boolean;
  /** False for broadcast and multicast. */
  unicast: boolean;
  /** TTL or hop limit; 255 where the kernel did not say. */
  ttl: number;
  /** DSCP in its place, the upper six bits of TOS or traffic class; ECN is 0. */
  dscp: number;
  interfaceIndex: number;
  /** The kernel's stamp in nanoseconds since `baseSeconds`; NaN where it gave none. */
  stampNanos: number;
}

export const LONGEST_DATAGRAM_BYTES = 65_507;
/** The word before the four bytes of a mapped IPv4 address, as it stands in little-endian memory. */
export const MAPPED_WORD = 0xffff_0000;

const DATA_STRIDE = (LONGEST_DATAGRAM_BYTES + 7) & ~7;

/** Offsets inside sockaddr_in, sockaddr_in6, in_pktinfo and in6_pktinfo. */
const SIN_PORT = 2;
const SIN_ADDR = 4;
const SIN6_ADDR = 8;
const IPI_SPEC_DST = 4;
const IPI_ADDR = 8;
const IPI6_IFINDEX = 16;

/**
 * Messages that are answered where they arrived: name and data of a reply are those of its request, in one block of memory.
 * Nothing is allocated after the start.
 */
export class ReflectorRing {
  readonly bytes: Uint8Array;
  /** Messages that the last receive brought. */
  received = 0;
  /** Replies that wait to be sent. */
  queued = 0;
  private readonly count: number;
  private readonly words: Uint32Array;
  private readonly receiveAddress: bigint;
  private readonly sendAddresses: readonly bigint[];
  private readonly sendAt: number;
  private readonly iovAt: number;
  private readonly nameAt: number;
  private readonly controlAt: number;
  private readonly dataStart: number;

  constructor(count: number) {
    this.count = count;
    // A reply's message stands behind all requests and points to what its request points to.
    const block = layOutMessages(count, DATA_STRIDE, count);
    this.sendAt = count * MMSGHDR.bytes;
    this.bytes = block.bytes;
    this.words = block.words;
    this.iovAt = block.iovAt;
    this.nameAt = block.nameAt;
    this.controlAt = block.controlAt;
    this.dataStart = block.dataAt;
    this.receiveAddress = block.base;
    this.sendAddresses = Array.from({ length: count }, (_, i) => block.base + BigInt(this.sendAt + i * MMSGHDR.bytes));
    for (let i = 0; i < count; i++) this.makeRoom(i);
  }

  /** The last receive overwrote the lengths of message i. */
  private makeRoom(i: number): void {
    const message = i * MMSGHDR.bytes;
    this.words[(message + MMSGHDR.nameLength) >> 2] = NAME_BYTES;
    this.words[(message + MMSGHDR.controlLength) >> 2] = CONTROL_STRIDE;
    this.words[(this.iovAt + i * IOVEC.bytes + IOVEC.length) >> 2] = DATA_STRIDE;
  }

  dataAt(i: number): number {
    return this.dataStart + i * DATA_STRIDE;
  }

  /**
   * Waits for a packet, as long as the socket waits, and takes those that are there with it.
   * @returns the kernel's error name where it failed; none for a wait that ended without a packet
   */
  receive(fd: number): string | undefined {
    for (let i = 0; i < this.received; i++) this.makeRoom(i);
    this.queued = 0;
    this.received = Math.max(0, sys.recvmmsg(fd, this.receiveAddress, this.count, sys.MSG_WAITFORONE, null));
    if (this.received > 0) return undefined;
    const reason = errnoName(lastErrno());
    return reason === "EAGAIN" || reason === "EINTR" ? undefined : reason;
  }

  /** Reads how message i arrived. @param baseSeconds from which its stamp counts */
  read(i: number, baseSeconds: number, into: Arrival): void {
    const message = i * MMSGHDR.bytes;
    const name = this.nameAt + i * NAME_STRIDE;
    const v6 = (this.words[name >> 2] as number) % 0x1_0000 === sys.AF_INET6;
    into.sourcePort = ((this.bytes[name + SIN_PORT] as number) << 8) | (this.bytes[name + SIN_PORT + 1] as number);
    if (v6) for (let k = 0; k < 4; k++) into.addresses[k] = this.words[((name + SIN6_ADDR) >> 2) + k] as number;
    else mapped(into.addresses, 0, this.words[(name + SIN_ADDR) >> 2] as number);
    into.length = this.words[(message + MMSGHDR.length) >> 2] as number;
    into.cut =
      ((this.words[(message + MMSGHDR.flags) >> 2] as number) & sys.MSG_TRUNC) !== 0 ||
      into.length > LONGEST_DATAGRAM_BYTES;
    into.unicast = false;
    into.ttl = 255;
    into.dscp = 0;
    into.interfaceIndex = 0;
    into.stampNanos = Number.NaN;
    this.readControl(i, baseSeconds, into);
  }

  private readControl(i: number, baseSeconds: number, into: Arrival): void {
    const { words } = this;
    const start = (this.controlAt + i * CONTROL_STRIDE) >> 2;
    const end = start + ((words[(i * MMSGHDR.bytes + MMSGHDR.controlLength) >> 2] as number) >> 2);
    for (let at = start, next = at; at < end; at = next) {
      next = endOfControl(words, at, end);
      if (next < 0) break;
      this.readOne(words[at + 2] as number, words[at + 3] as number, at + CMSG_HEADER_WORDS, baseSeconds, into);
    }
  }

  private readOne(level: number, type: number, at: number, baseSeconds: number, into: Arrival): void {
    const { words } = this;
    const value = words[at] as number;
    if (level === sys.SOL_SOCKET && type === sys.SO_TIMESTAMPING) {
      // A stamp of 0 is the kernel's way to say that there is none.
      if (value !== 0) into.stampNanos = (value - baseSeconds) * 1e9 + (words[at + 2] as number);
    } else if (level === sys.SOL_IP && type === sys.IP_PKTINFO) {
      const local = words[at + IPI_SPEC_DST / 4] as number;
      // What was sent to many has the sender's wish in one field and an address of this machine in the other.
      into.unicast = local === words[at + IPI_ADDR / 4];
      into.interfaceIndex = value;
      mapped(into.addresses, 4, local);
    } else if (level === sys.SOL_IPV6 && type === sys.IPV6_PKTINFO) {
      // For an IPv4 packet the kernel says it in both ways, and this one knows no broadcast.
      if (words[at + 2] === MAPPED_WORD && value === 0 && words[at + 1] === 0) return;
      into.unicast = (value & 0xff) !== 0xff;
      into.interfaceIndex = words[at + IPI6_IFINDEX / 4] as number;
      for (let k = 0; k < 4; k++) into.addresses[4 + k] = words[at + k] as number;
    } else if (
      (level === sys.SOL_IP && type === sys.IP_TTL) ||
      (level === sys.SOL_IPV6 && type === sys.IPV6_HOPLIMIT)
    ) {
      into.ttl = value;
    } else if ((level === sys.SOL_IP && type === sys.IP_TOS) || (level === sys.SOL_IPV6 && type === sys.IPV6_TCLASS)) {
      into.dscp = value & 0xfc;
    }
  }

  /** Queues the reply that now stands in message i's data: from the address that was asked, to whoever asked. */
  queueReply(i: number, arrival: Arrival): void {
    const { words } = this;
    const reply = this.sendAt + this.queued * MMSGHDR.bytes;
    const message = i * MMSGHDR.bytes;
    words.copyWithin(reply >> 2, message >> 2, (message + MMSGHDR.bytes) >> 2);
    words[(this.iovAt + i * IOVEC.bytes + IOVEC.length) >> 2] = arrival.length;
    const start = (this.controlAt + i * CONTROL_STRIDE) >> 2;
    const v4 = isMapped(arrival.addresses, 4);
    let at = v4 ? this.askedFromV4(start, arrival) : this.askedFromV6(start, arrival);
    if (arrival.dscp !== 0) {
      at = this.controlHeader(at, v4 ? sys.SOL_IP : sys.SOL_IPV6, v4 ? sys.IP_TOS : sys.IPV6_TCLASS, 4);
      words[at - 2] = arrival.dscp;
    }
    words[(reply + MMSGHDR.controlLength) >> 2] = (at - start) * 4;
    this.queued++;
  }

  private askedFromV4(start: number, { addresses }: Arrival): number {
    const end = this.controlHeader(start, sys.SOL_IP, sys.IP_PKTINFO, 12);
    this.words.fill(0, end - 4, end);
    this.words[end - 4 + IPI_SPEC_DST / 4] = addresses[7] as number;
    return end;
  }

  private askedFromV6(start: number, { addresses, interfaceIndex }: Arrival): number {
    const end = this.controlHeader(start, sys.SOL_IPV6, sys.IPV6_PKTINFO, 20);
    for (let k = 0; k < 4; k++) this.words[end - 6 + k] = addresses[4 + k] as number;
    this.words[end - 6 + IPI6_IFINDEX / 4] = isLinkLocal(addresses, 4) ? interfaceIndex : 0;
    return end;
  }

  /** Header of a control message, with room for its value. @returns where the next one begins, a multiple of eight bytes */
  private controlHeader(at: number, level: number, type: number, valueBytes: number): number {
    this.words[at] = CMSG_HEADER_WORDS * 4 + valueBytes;
    this.words[at + 1] = 0;
    this.words[at + 2] = level;
    this.words[at + 3] = type;
    return at + CMSG_HEADER_WORDS + 2 * Math.ceil(valueBytes / 8);
  }

  /** Sends what is queued. @returns replies that the kernel refused; each is one that the sender will miss */
  send(fd: number): number {
    let refused = 0;
    for (let at = 0; at < this.queued; ) {
      const sent = sys.sendmmsg(fd, this.sendAddresses[at] as bigint, this.queued - at, 0);
      if (sent > 0) at += sent;
      else {
        refused++;
        at++;
      }
    }
    return refused;
  }
}

function mapped(addresses: Uint32Array, at: number, ipv4: number): void {
  addresses[at] = 0;
  addresses[at + 1] = 0;
  addresses[at + 2] = MAPPED_WORD;
  addresses[at + 3] = ipv4;
}

export function isMapped(addresses: Uint32Array, at: number): boolean {
  return addresses[at + 2] === MAPPED_WORD && addresses[at + 1] === 0 && addresses[at] === 0;
}

/** fe80::/10: only the interface tells where such an address is. */
function isLinkLocal(addresses: Uint32Array, at: number): boolean {
  return ((addresses[at] as number) & 0xc0ff) === 0x80fe;
}

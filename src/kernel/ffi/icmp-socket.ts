import { addressOf, errnoName, lastErrno, nativeBytes } from "./libc.ts";
import * as sys from "./socket.ts";

export type Family = 4 | 6;

/** Neither way to send echo requests is permitted. The message says what to grant. */
export class ProbeNotPermittedError extends Error {
  override readonly name = "ProbeNotPermittedError";
}

/** An ICMP echo socket for all targets of one family. */
export interface IcmpSocket {
  readonly fd: number;
  readonly family: Family;
  /** `datagram` needs no privilege and the kernel owns the ICMP identifier; `raw` needs CAP_NET_RAW. */
  readonly kind: "datagram" | "raw";
  /** The identifier of our echo requests; on datagram sockets the kernel fills it in, and this is 0. */
  readonly identifier: number;
  /** Bytes that the kernel granted; it doubles what was asked, for its own bookkeeping. */
  readonly receiveBufferBytes: number;
}

export const ECHO_REPLY: Readonly<Record<Family, number>> = { 4: 0, 6: 129 };

const SOCK_FILTER_BYTES = 8;
/** Classic BPF, enough for one comparison of type and identifier (linux/filter.h). */
const BPF = {
  loadByteAbsolute: 0x30,
  loadByteIndexed: 0x50,
  loadHalfAbsolute: 0x28,
  loadHalfIndexed: 0x48,
  loadIpHeaderLength: 0xb1,
  jumpIfEqual: 0x15,
  return: 0x06,
} as const;
const KEEP = 0xffff_ffff;
const DROP = 0;

type Instruction = readonly [code: number, jumpTrue: number, jumpFalse: number, constant: number];

const dropAll: readonly Instruction[] = [[BPF.return, 0, 0, DROP]];

/** IPv4 raw sockets see the IP header, whose length varies; IPv6 raw sockets begin at the ICMPv6 header. */
function echoReplies(family: Family, identifier: number): readonly Instruction[] {
  const load: readonly Instruction[] =
    family === 4
      ? [
          [BPF.loadIpHeaderLength, 0, 0, 0],
          [BPF.loadByteIndexed, 0, 0, 0],
        ]
      : [[BPF.loadByteAbsolute, 0, 0, 0]];
  return [
    ...load,
    [BPF.jumpIfEqual, 0, 3, ECHO_REPLY[family]],
    [family === 4 ? BPF.loadHalfIndexed : BPF.loadHalfAbsolute, 0, 0, 4],
    [BPF.jumpIfEqual, 0, 1, identifier],
    [BPF.return, 0, 0, KEEP],
    [BPF.return, 0, 0, DROP],
  ];
}

function attachFilter(fd: number, instructions: readonly Instruction[]): void {
  const program = nativeBytes(instructions.length * SOCK_FILTER_BYTES);
  for (const [i, [code, jumpTrue, jumpFalse, constant]] of instructions.entries()) {
    program.writeUInt16LE(code, i * SOCK_FILTER_BYTES);
    program[i * SOCK_FILTER_BYTES + 2] = jumpTrue;
    program[i * SOCK_FILTER_BYTES + 3] = jumpFalse;
    program.writeUInt32LE(constant, i * SOCK_FILTER_BYTES + 4);
  }
  const sockFprog = nativeBytes(16);
  sockFprog.writeUInt16LE(instructions.length, 0);
  sockFprog.writeBigUInt64LE(addressOf(program), 8);
  set(fd, sys.SOL_SOCKET, sys.SO_ATTACH_FILTER, sockFprog);
}

function int32(value: number): Uint8Array {
  const bytes = nativeBytes(4);
  bytes.writeInt32LE(value);
  return bytes;
}

function set(fd: number, level: number, option: number, value: Uint8Array): void {
  if (sys.setsockopt(fd, level, option, value, value.length) < 0) {
    throw new Error(`setsockopt level ${level} option ${option}: ${errnoName(lastErrno())}`);
  }
}

function trySet(fd: number, option: number, value: number): boolean {
  return sys.setsockopt(fd, sys.SOL_SOCKET, option, int32(value), 4) === 0;
}

function getInt32(fd: number, option: number): number {
  const value = nativeBytes(4);
  sys.getsockopt(fd, sys.SOL_SOCKET, option, value, int32(4));
  return value.readInt32LE();
}

/** With CAP_NET_ADMIN the size is ours to choose; without, net.core.rmem_max caps it and the kernel does so in silence. */
function setBuffers(fd: number, bytes: number): void {
  if (!trySet(fd, sys.SO_RCVBUFFORCE, bytes)) trySet(fd, sys.SO_RCVBUF, bytes);
  if (!trySet(fd, sys.SO_SNDBUFFORCE, bytes)) trySet(fd, sys.SO_SNDBUF, bytes);
}

/** Keeps everything but echo replies from even being queued (RFC 3542, section 3.2). */
function filterIcmpv6Types(fd: number): void {
  const blocked = nativeBytes(32).fill(0xff);
  const type = ECHO_REPLY[6];
  blocked.writeUInt32LE((0xffff_ffff & ~(1 << (type & 31))) >>> 0, (type >> 5) * 4);
  set(fd, sys.SOL_ICMPV6, sys.ICMPV6_FILTER, blocked);
}

function discardQueued(fd: number): void {
  const byte = nativeBytes(1);
  const message = nativeBytes(64 + 16);
  message.writeBigUInt64LE(addressOf(message) + 64n, 16);
  message.writeBigUInt64LE(1n, 24);
  message.writeBigUInt64LE(addressOf(byte), 64);
  message.writeBigUInt64LE(1n, 72);
  while (sys.recvmmsg(fd, message, 1, sys.MSG_DONTWAIT, null) > 0);
}

function notPermitted(family: Family, errnos: readonly number[]): ProbeNotPermittedError {
  const [datagram, raw] = errnos.map(errnoName);
  return new ProbeNotPermittedError(
    `no permission to send ICMP echo over IPv${family} (datagram socket: ${datagram}, raw socket: ${raw}): ` +
      `either set the sysctl net.ipv4.ping_group_range="0 2147483647" or grant the capability CAP_NET_RAW`,
  );
}

/**
 * Opens the socket for all echo targets of a family: unprivileged first, raw second, with kernel stamps on.
 * @throws ProbeNotPermittedError where both are refused; Error where the machine lacks the family
 */
export function openIcmpSocket(family: Family, receiveBufferBytes: number): IcmpSocket {
  const domain = family === 4 ? sys.AF_INET : sys.AF_INET6;
  const protocol = family === 4 ? sys.IPPROTO_ICMP : sys.IPPROTO_ICMPV6;
  const errnos: number[] = [];
  for (const kind of ["datagram", "raw"] as const) {
    const type = kind === "datagram" ? sys.SOCK_DGRAM : sys.SOCK_RAW;
    const fd = sys.socket(domain, type | sys.SOCK_CLOEXEC, protocol);
    if (fd < 0) {
      errnos.push(lastErrno());
      continue;
    }
    const identifier = kind === "raw" ? 1 + Math.floor(Math.random() * 0xfffe) : 0;
    if (kind === "raw") {
      // Strangers' replies can queue between socket() and the filter: shut the door, empty the room, open it for ours.
      attachFilter(fd, dropAll);
      discardQueued(fd);
      if (family === 6) filterIcmpv6Types(fd);
      attachFilter(fd, echoReplies(family, identifier));
    }
    setBuffers(fd, receiveBufferBytes);
    const stamps = sys.SOF_TIMESTAMPING_TX_SOFTWARE | sys.SOF_TIMESTAMPING_RX_SOFTWARE | sys.SOF_TIMESTAMPING_SOFTWARE;
    set(fd, sys.SOL_SOCKET, sys.SO_TIMESTAMPING, int32(stamps));
    return { fd, family, kind, identifier, receiveBufferBytes: getInt32(fd, sys.SO_RCVBUF) };
  }
  throw notPermitted(family, errnos);
}

const SK_MEMINFO_DROPS = 8;
const memInfo = nativeBytes(64);
const memInfoLength = nativeBytes(4);

/** Packets that this socket dropped for want of room since it was opened (32-bit, wraps); exact for both kinds of socket. */
export function socketDrops(fd: number): number {
  memInfoLength.writeUInt32LE(64);
  if (sys.getsockopt(fd, sys.SOL_SOCKET, sys.SO_MEMINFO, memInfo, memInfoLength) < 0) return 0;
  return memInfo.readUInt32LE(SK_MEMINFO_DROPS * 4);
}

import { addressOf, errnoName, lastErrno, nativeBytes } from "./libc.ts";
import {
  askForBuffers,
  type Family,
  ProbeNotPermittedError,
  type ProbeSocket,
  type SendingOptions,
  sendAs,
  stampPackets,
} from "./probe-socket.ts";
import * as sys from "./socket.ts";
import { setOption } from "./socket-option.ts";

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
  setOption(fd, sys.SOL_SOCKET, sys.SO_ATTACH_FILTER, sockFprog);
}

/** Keeps everything but echo replies from even being queued (RFC 3542, section 3.2). */
function filterIcmpv6Types(fd: number): void {
  const blocked = nativeBytes(32).fill(0xff);
  const type = ECHO_REPLY[6];
  blocked.writeUInt32LE((0xffff_ffff & ~(1 << (type & 31))) >>> 0, (type >> 5) * 4);
  setOption(fd, sys.SOL_ICMPV6, sys.ICMPV6_FILTER, blocked);
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
 * Opens a socket for echo targets of a family: unprivileged first, raw second, with kernel stamps on.
 * @throws ProbeNotPermittedError where both are refused, or an option is; Error where the machine lacks the family
 */
export function openIcmpSocket(family: Family, receiveBufferBytes: number, options: SendingOptions): ProbeSocket {
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
    askForBuffers(fd, receiveBufferBytes);
    stampPackets(fd);
    sendAs(fd, family, options);
    return { fd, family, kind, identifier, tellsErrors: options.df };
  }
  throw notPermitted(family, errnos);
}

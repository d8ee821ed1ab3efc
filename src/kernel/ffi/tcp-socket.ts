import { constants } from "node:os";
import { errnoName, lastErrno, libc, nativeBytes } from "./libc.ts";
import { MessageRing, type ReportedError, readReportedError } from "./message-ring.ts";
import {
  type Family,
  hops,
  level,
  ProbeNotPermittedError,
  receiveErrors,
  type SendingOptions,
  sendAs,
  trafficClass,
} from "./probe-socket.ts";
import { sockaddr } from "./sockaddr.ts";
import * as sys from "./socket.ts";
import { int32 } from "./socket-option.ts";

const { ECONNREFUSED, ECONNRESET, EINPROGRESS, EMFILE, EPIPE } = constants.errno;

/** Descriptors that connections leave to the rest of the program: its other sockets, its web server, the files it reads. */
const RESERVED_DESCRIPTORS = 256;
const RESERVED_RATIO = 1 / 4;
const RLIMIT_NOFILE = 7;

const SYN_SENT = 2;
/** Offsets inside struct tcp_info (linux/tcp.h); RTT in microseconds. */
const TCPI_STATE = 0;
const TCPI_RTT = 68;
const TCPI_TOTAL_RETRANS = 100;
const TCPI_SEGS_IN = 140;
const TCP_INFO_BYTES = 144;

const getrlimit: (resource: number, limit: Uint8Array) => number = libc.func("int getrlimit(int, void *)");

/** What became of a connection. */
export interface ConnectionOutcome {
  /** `none`: something else than the target ended it, or nothing did yet. */
  answer: "accepted" | "refused" | "none";
  /** From SYN to SYN-ACK by the kernel's clock; 0 where it measured none: it does so for accepted connections only. */
  rttNanos: number;
  /** The kernel sent the SYN more than once. */
  retransmitted: boolean;
  /** Of the connection; 0 none. */
  errno: number;
}

interface Option {
  readonly level: number;
  readonly option: number;
  readonly value: Uint8Array;
}

/** Opens TCP connections of one kind, and tells what became of them. It allocates nothing for one. */
export class TcpDialer {
  private readonly domain: number;
  private readonly options: readonly Option[];
  private readonly source: Uint8Array | undefined;
  private readonly destination: Uint8Array;
  private readonly descriptors: number;
  private readonly info = nativeBytes(TCP_INFO_BYTES);
  private readonly error = nativeBytes(4);
  private readonly length = nativeBytes(4);
  private readonly errors = new MessageRing(1, 64);

  /** @throws ProbeNotPermittedError where an option is refused or the machine lacks the family */
  constructor(family: Family, options: SendingOptions) {
    this.domain = family === 4 ? sys.AF_INET : sys.AF_INET6;
    this.options = optionsOf(family, options);
    this.source = options.source === null ? undefined : native(sockaddr(options.source));
    this.destination = nativeBytes(family === 4 ? 16 : 28);
    this.descriptors = usableDescriptors();
    this.tryOnce(family, options);
  }

  /** Tells a refusal that lasts from one that passes. */
  private tryOnce(family: Family, options: SendingOptions): void {
    const fd = sys.socket(this.domain, sys.SOCK_STREAM | sys.SOCK_CLOEXEC, 0);
    if (fd < 0) throw new ProbeNotPermittedError(`this machine has no IPv${family} (${errnoName(lastErrno())})`);
    sendAs(fd, family, { ...options, df: false }); // segments of TCP are never cut
    sys.close(fd);
  }

  /**
   * Sends a SYN; the answer comes later.
   * @param destination a sockaddr with the port
   * @returns the descriptor, or the error number made negative
   */
  dial(destination: Uint8Array): number {
    const fd = sys.socket(this.domain, sys.SOCK_STREAM | sys.SOCK_NONBLOCK | sys.SOCK_CLOEXEC, 0);
    if (fd < 0) return -lastErrno();
    // The kernel gives out the lowest number that is free.
    const errno = fd >= this.descriptors ? EMFILE : this.connect(fd, destination);
    if (errno === EINPROGRESS || errno === 0) return fd;
    sys.close(fd);
    return -errno;
  }

  /** @returns 0 or the error number */
  private connect(fd: number, destination: Uint8Array): number {
    for (const { level, option, value } of this.options) {
      if (sys.setsockopt(fd, level, option, value, value.length) < 0) return lastErrno();
    }
    if (this.source && sys.bind(fd, this.source, this.source.length) < 0) return lastErrno();
    this.destination.set(destination);
    return sys.connect(fd, this.destination, destination.length) < 0 ? lastErrno() : 0;
  }

  /** @param failed the socket has an error to tell */
  inspect(fd: number, failed: boolean, into: ConnectionOutcome): void {
    const { info, length } = this;
    into.errno = failed ? this.takeError(fd) : 0;
    length.writeUInt32LE(TCP_INFO_BYTES);
    info.fill(0);
    sys.getsockopt(fd, sys.IPPROTO_TCP, sys.TCP_INFO, info, length);
    into.rttNanos = info.readUInt32LE(TCPI_RTT) * 1e3;
    into.retransmitted = info.readUInt32LE(TCPI_TOTAL_RETRANS) > 0;
    into.answer = answerOf(into.errno, info.readUInt8(TCPI_STATE), info.readUInt32LE(TCPI_SEGS_IN));
  }

  private takeError(fd: number): number {
    this.length.writeUInt32LE(4);
    sys.getsockopt(fd, sys.SOL_SOCKET, sys.SO_ERROR, this.error, this.length);
    return this.error.readInt32LE();
  }

  /** The ICMP error that ended a connection. @returns false where the kernel kept none: those before Linux 5.11 do not */
  readError(fd: number, into: ReportedError): boolean {
    const { errors } = this;
    errors.prepareReceive(1);
    const received = sys.recvmmsg(fd, errors.addressOf(0), 1, sys.MSG_ERRQUEUE | sys.MSG_DONTWAIT, null);
    return received === 1 && readReportedError(errors, 0, into);
  }
}

/** An ICMP "port unreachable" and a reset make the same error, but only a reset is a segment. */
function answerOf(errno: number, state: number, segmentsIn: number): ConnectionOutcome["answer"] {
  switch (errno) {
    case 0:
      return state === SYN_SENT ? "none" : "accepted";
    case ECONNREFUSED:
      return segmentsIn > 0 ? "refused" : "none";
    case ECONNRESET:
    case EPIPE:
      return "accepted"; // and reset before we looked
    default:
      return "none";
  }
}

function optionsOf(family: Family, { dscp, ttl, device, source }: SendingOptions): Option[] {
  const resetOnClose = nativeBytes(8);
  resetOnClose.writeInt32LE(1); // linger on, for no time: whoever closes it, the process' end included, leaves nothing open
  const options: Option[] = [
    { level: sys.SOL_SOCKET, option: sys.SO_LINGER, value: resetOnClose },
    { level: sys.IPPROTO_TCP, option: sys.TCP_SYNCNT, value: int32(1) },
    { level: level[family], option: receiveErrors[family], value: int32(1) },
  ];
  if (dscp !== 0) options.push({ level: level[family], option: trafficClass[family], value: int32(dscp << 2) });
  if (ttl !== null) options.push({ level: level[family], option: hops[family], value: int32(ttl) });
  if (device !== null)
    options.push({ level: sys.SOL_SOCKET, option: sys.SO_BINDTODEVICE, value: native(Buffer.from(`${device}\0`)) });
  // The port is chosen when the destination is known: one source address has as many ports for each.
  if (source !== null) options.push({ level: sys.SOL_IP, option: sys.IP_BIND_ADDRESS_NO_PORT, value: int32(1) });
  return options;
}

function usableDescriptors(): number {
  const limit = nativeBytes(16);
  getrlimit(RLIMIT_NOFILE, limit);
  const descriptors = Number(limit.readBigUInt64LE());
  return descriptors - Math.min(RESERVED_DESCRIPTORS, Math.floor(descriptors * RESERVED_RATIO));
}

function native(bytes: Uint8Array): Uint8Array {
  const copy = nativeBytes(bytes.length);
  copy.set(bytes);
  return copy;
}

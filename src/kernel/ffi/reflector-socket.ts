import { errnoName, lastErrno, nativeBytes } from "./libc.ts";
import { sockaddr } from "./sockaddr.ts";
import * as sys from "./socket.ts";
import { int32, setOption, tryOption } from "./socket-option.ts";

/** The socket cannot be opened; the message says what to do. */
export class CannotReflectError extends Error {
  override readonly name = "CannotReflectError";
}

export interface ReflectorSocket {
  readonly fd: number;
  /** The port it is bound to, also where the kernel chose it. */
  readonly port: number;
}

/** Replies of this machine that are waiting cost no memory of ours; a burst of some 10,000 packets fits. */
const RECEIVE_BUFFER_BYTES = 8 << 20;

/**
 * A UDP socket that says of every packet when, how and for which address it arrived. Without a host it serves IPv4 and IPv6,
 * or IPv4 alone on a kernel without IPv6. Calls that wait give up after `waitMs`.
 * @param host an address
 * @throws CannotReflectError
 */
export function openReflectorSocket(host: string | undefined, port: number, waitMs: number): ReflectorSocket {
  const wanted = host ?? "::";
  const v6 = wanted.includes(":");
  const fd = sys.socket(v6 ? sys.AF_INET6 : sys.AF_INET, sys.SOCK_DGRAM | sys.SOCK_CLOEXEC, 0);
  if (fd < 0) {
    const reason = errnoName(lastErrno());
    if (host === undefined && reason === "EAFNOSUPPORT") return openReflectorSocket("0.0.0.0", port, waitMs);
    throw new CannotReflectError(`no UDP socket for ${wanted}: ${reason}`);
  }
  try {
    if (v6) setOption(fd, sys.SOL_IPV6, sys.IPV6_V6ONLY, int32(host === undefined ? 0 : 1));
    tellArrivals(fd, v6);
    setWaits(fd, waitMs);
    setReceiveBuffer(fd);
    return { fd, port: bindTo(fd, wanted, port) };
  } catch (error) {
    sys.close(fd);
    throw error instanceof CannotReflectError ? error : new CannotReflectError(messageOf(error), { cause: error });
  }
}

/** IPv4 packets have their options of level SOL_IP on a socket of either family. */
function tellArrivals(fd: number, v6: boolean): void {
  setOption(fd, sys.SOL_IP, sys.IP_PKTINFO, int32(1));
  setOption(fd, sys.SOL_IP, sys.IP_RECVTTL, int32(1));
  setOption(fd, sys.SOL_IP, sys.IP_RECVTOS, int32(1));
  if (v6) {
    setOption(fd, sys.SOL_IPV6, sys.IPV6_RECVPKTINFO, int32(1));
    setOption(fd, sys.SOL_IPV6, sys.IPV6_RECVHOPLIMIT, int32(1));
    setOption(fd, sys.SOL_IPV6, sys.IPV6_RECVTCLASS, int32(1));
  }
  const stamps = sys.SOF_TIMESTAMPING_RX_SOFTWARE | sys.SOF_TIMESTAMPING_SOFTWARE;
  setOption(fd, sys.SOL_SOCKET, sys.SO_TIMESTAMPING, int32(stamps));
}

/** A wait that ends lets the loop see that it shall stop; a full send buffer is waited for rather than dropped at. */
function setWaits(fd: number, waitMs: number): void {
  const timeval = nativeBytes(16);
  timeval.writeBigInt64LE(BigInt(Math.floor(waitMs / 1000)), 0);
  timeval.writeBigInt64LE(BigInt((waitMs % 1000) * 1000), 8);
  for (const option of [sys.SO_RCVTIMEO, sys.SO_SNDTIMEO]) setOption(fd, sys.SOL_SOCKET, option, timeval);
}

/** With CAP_NET_ADMIN the size is ours to choose; without, net.core.rmem_max caps it. */
function setReceiveBuffer(fd: number): void {
  if (tryOption(fd, sys.SOL_SOCKET, sys.SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)) return;
  setOption(fd, sys.SOL_SOCKET, sys.SO_RCVBUF, int32(RECEIVE_BUFFER_BYTES));
}

/** @returns the port */
function bindTo(fd: number, host: string, port: number): number {
  const name = Buffer.from(sockaddr(host));
  name.writeUInt16BE(port, 2);
  const native = nativeBytes(name.length);
  native.set(name);
  if (sys.bind(fd, native, name.length) < 0)
    throw new CannotReflectError(bindProblem(host, port, errnoName(lastErrno())));
  if (sys.getsockname(fd, native, int32(name.length)) < 0) {
    throw new CannotReflectError(`no port of the socket for ${host}: ${errnoName(lastErrno())}`);
  }
  return native.readUInt16BE(2);
}

function bindProblem(host: string, port: number, reason: string): string {
  const where = host === "::" || host === "0.0.0.0" ? `UDP port ${port}` : `UDP port ${port} of ${host}`;
  const remedies: Readonly<Record<string, string>> = {
    EACCES: "ports below 1024 need the capability CAP_NET_BIND_SERVICE; grant it, or listen on a higher port",
    EADDRINUSE: "another program listens there; stop it, or listen on another port",
    EADDRNOTAVAIL: "this machine has no such address",
  };
  const remedy = remedies[reason];
  return `cannot listen on ${where}: ${reason}${remedy === undefined ? "" : `: ${remedy}`}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

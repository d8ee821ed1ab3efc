import { errnoName, lastErrno, nativeBytes } from "./libc.ts";
import { sockaddr } from "./sockaddr.ts";
import * as sys from "./socket.ts";
import { getOption, int32, setOption, tryOption } from "./socket-option.ts";

export type Family = 4 | 6;

/** Sending is not permitted, or not in the way that was asked. The message says what to grant or to change. */
export class ProbeNotPermittedError extends Error {
  override readonly name = "ProbeNotPermittedError";
}

/** A socket that probes leave by and replies come to. */
export interface ProbeSocket {
  readonly fd: number;
  readonly family: Family;
  /** `datagram` is unprivileged ICMP, where the kernel owns the identifier; `raw` is ICMP with CAP_NET_RAW. */
  readonly kind: "datagram" | "raw" | "udp";
  /** ICMP identifier (0 where the kernel fills it in), or UDP source port. */
  readonly identifier: number;
  /** Does its error queue hold ICMP errors beside the stamps? */
  readonly tellsErrors: boolean;
}

/** How a socket's packets are sent; null is the kernel's choice. */
export interface SendingOptions {
  readonly dscp: number;
  readonly ttl: number | null;
  readonly df: boolean;
  readonly source: string | null;
  readonly device: string | null;
}

/** With CAP_NET_ADMIN the size is ours to choose; without, net.core.rmem_max caps it and the kernel does so in silence. */
export function askForBuffers(fd: number, bytes: number): void {
  if (!tryOption(fd, sys.SOL_SOCKET, sys.SO_RCVBUFFORCE, bytes)) tryOption(fd, sys.SOL_SOCKET, sys.SO_RCVBUF, bytes);
  if (!tryOption(fd, sys.SOL_SOCKET, sys.SO_SNDBUFFORCE, bytes)) tryOption(fd, sys.SOL_SOCKET, sys.SO_SNDBUF, bytes);
}

/** Bytes of the receive buffer; the kernel doubles what was asked, for its own bookkeeping. */
export function grantedReceiveBuffer(fd: number): number {
  return getOption(fd, sys.SOL_SOCKET, sys.SO_RCVBUF);
}

/** Switches kernel stamps of both directions on. */
export function stampPackets(fd: number): void {
  const stamps = sys.SOF_TIMESTAMPING_TX_SOFTWARE | sys.SOF_TIMESTAMPING_RX_SOFTWARE | sys.SOF_TIMESTAMPING_SOFTWARE;
  setOption(fd, sys.SOL_SOCKET, sys.SO_TIMESTAMPING, int32(stamps));
}

/** Options of IPv4 and IPv6 that mean the same. */
export const level = { 4: sys.SOL_IP, 6: sys.SOL_IPV6 } as const;
export const trafficClass = { 4: sys.IP_TOS, 6: sys.IPV6_TCLASS } as const;
export const hops = { 4: sys.IP_TTL, 6: sys.IPV6_UNICAST_HOPS } as const;
const mtuDiscover = { 4: sys.IP_MTU_DISCOVER, 6: sys.IPV6_MTU_DISCOVER } as const;
export const receiveErrors = { 4: sys.IP_RECVERR, 6: sys.IPV6_RECVERR } as const;
const mtu = { 4: sys.IP_MTU, 6: sys.IPV6_MTU } as const;

/** Has the kernel queue the ICMP errors that our packets meet. */
export function tellErrors(fd: number, family: Family): void {
  tryOption(fd, level[family], receiveErrors[family], 1);
}

/**
 * Makes the socket send as `options` say, and binds it.
 * @throws ProbeNotPermittedError where the machine has no such source or interface, or does not let us use it
 */
export function sendAs(fd: number, family: Family, options: SendingOptions): void {
  const { dscp, ttl, df, source, device } = options;
  const set = (option: number, value: number, what: string) => {
    if (!tryOption(fd, level[family], option, value)) refuse(fd, `${what} cannot be set (${errnoName(lastErrno())})`);
  };
  if (dscp !== 0) set(trafficClass[family], dscp << 2, `dscp ${dscp}`);
  if (ttl !== null) set(hops[family], ttl, `ttl ${ttl}`);
  if (df) {
    set(mtuDiscover[family], sys.PMTUDISC_PROBE, "df");
    tellErrors(fd, family);
  }
  if (device !== null) bindToDevice(fd, device);
  if (source !== null) bindToSource(fd, source);
}

function bindToDevice(fd: number, device: string): void {
  const name = nativeBytes(16);
  name.write(device);
  if (sys.setsockopt(fd, sys.SOL_SOCKET, sys.SO_BINDTODEVICE, name, device.length + 1) === 0) return;
  const error = errnoName(lastErrno());
  refuse(
    fd,
    error === "ENODEV"
      ? `there is no interface ${device}: see \`ip link\``
      : `packets cannot be bound to the interface ${device} (${error}): grant the capability CAP_NET_RAW`,
  );
}

function bindToSource(fd: number, source: string): void {
  const address = sockaddr(source);
  const native = nativeBytes(address.length);
  native.set(address);
  if (sys.bind(fd, native, address.length) === 0) return;
  refuse(
    fd,
    `the source address ${source} is not one of this machine's (${errnoName(lastErrno())}): see \`ip address\``,
  );
}

function refuse(fd: number, message: string): never {
  sys.close(fd);
  throw new ProbeNotPermittedError(message);
}

/**
 * The MTU of the way to an address as the kernel knows it: that of the interface, or what a router has told since.
 * @param destination a sockaddr
 * @returns bytes of IP packet; 0 where there is no route
 */
export function routeMtu(family: Family, destination: Uint8Array, options: SendingOptions): number {
  const fd = sys.socket(family === 4 ? sys.AF_INET : sys.AF_INET6, sys.SOCK_DGRAM | sys.SOCK_CLOEXEC, 0);
  if (fd < 0) return 0;
  sendAs(fd, family, options);
  const address = nativeBytes(destination.length);
  address.set(destination);
  // Connecting a datagram socket sends nothing; port 9 stands in where the destination has none.
  if (address.readUInt16BE(2) === 0) address.writeUInt16BE(9, 2);
  const bytes = sys.connect(fd, address, destination.length) === 0 ? getOption(fd, level[family], mtu[family]) : 0;
  sys.close(fd);
  return bytes;
}

const SK_MEMINFO_DROPS = 8;
const memInfo = nativeBytes(64);
const memInfoLength = nativeBytes(4);

/** Packets that this socket dropped for want of room since it was opened (32-bit, wraps); exact for all kinds of socket. */
export function socketDrops(fd: number): number {
  memInfoLength.writeUInt32LE(64);
  if (sys.getsockopt(fd, sys.SOL_SOCKET, sys.SO_MEMINFO, memInfo, memInfoLength) < 0) return 0;
  return memInfo.readUInt32LE(SK_MEMINFO_DROPS * 4);
}

import { libc } from "./libc.ts";

/** Numbers of the Linux ABI, the same on x86-64 and arm64 (include/uapi). */
export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const IPPROTO_ICMP = 1;
export const IPPROTO_ICMPV6 = 58;
export const IPPROTO_TCP = 6;
export const IPPROTO_UDP = 17;
export const SOL_SOCKET = 1;
export const SOL_IP = 0;
export const SOL_IPV6 = 41;
export const SOL_ICMPV6 = 58;
export const SO_ERROR = 4;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_LINGER = 13;
export const SO_BINDTODEVICE = 25;
export const SO_ATTACH_FILTER = 26;
export const SO_RCVTIMEO = 20;
export const SO_SNDTIMEO = 21;
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;
export const SO_TIMESTAMPNS = 35;
export const SO_TIMESTAMPING = 37;
export const SO_MEMINFO = 55;
export const ICMPV6_FILTER = 1;
export const IP_TOS = 1;
export const IP_TTL = 2;
export const IP_MTU_DISCOVER = 10;
export const IP_RECVERR = 11;
export const IP_MTU = 14;
export const IP_BIND_ADDRESS_NO_PORT = 24;
export const IPV6_UNICAST_HOPS = 16;
export const IPV6_MTU_DISCOVER = 23;
export const IPV6_MTU = 24;
export const IPV6_RECVERR = 25;
export const IPV6_TCLASS = 67;
/** Don't fragment, and go on sending past the path MTU that the kernel has learned (ip(7)); the same number for IPv6. */
export const PMTUDISC_PROBE = 3;
export const UDP_SEGMENT = 103;
export const TCP_SYNCNT = 7;
export const TCP_INFO = 11;
export const IP_PKTINFO = 8;
export const IP_RECVTTL = 12;
export const IP_RECVTOS = 13;
export const IPV6_V6ONLY = 26;
export const IPV6_RECVPKTINFO = 49;
export const IPV6_PKTINFO = 50;
export const IPV6_RECVHOPLIMIT = 51;
export const IPV6_HOPLIMIT = 52;
export const IPV6_RECVTCLASS = 66;
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;
export const MSG_ERRQUEUE = 0x2000;
export const MSG_WAITFORONE = 0x10000;

/** Software stamps of both directions, delivered in SCM_TIMESTAMPING (Documentation/networking/timestamping.rst). */
export const SOF_TIMESTAMPING_TX_SOFTWARE = 1 << 1;
export const SOF_TIMESTAMPING_RX_SOFTWARE = 1 << 3;
export const SOF_TIMESTAMPING_SOFTWARE = 1 << 4;

/** Pointers are addresses of memory from `nativeBytes`, or that memory itself. */
type Pointer = bigint | Uint8Array | null;

export const socket: (family: number, type: number, protocol: number) => number =
  libc.func("int socket(int, int, int)");
export const close: (fd: number) => number = libc.func("int close(int)");
export const bind: (fd: number, address: Pointer, length: number) => number = libc.func("int bind(int, void *, uint)");
export const connect: (fd: number, address: Pointer, length: number) => number = libc.func(
  "int connect(int, void *, uint)",
);
export const getsockname: (fd: number, address: Pointer, length: Pointer) => number = libc.func(
  "int getsockname(int, void *, void *)",
);
export const setsockopt: (fd: number, level: number, option: number, value: Pointer, length: number) => number =
  libc.func("int setsockopt(int, int, int, void *, uint)");
export const getsockopt: (fd: number, level: number, option: number, value: Pointer, length: Pointer) => number =
  libc.func("int getsockopt(int, int, int, void *, void *)");
export const sendmmsg: (fd: number, messages: Pointer, count: number, flags: number) => number = libc.func(
  "int sendmmsg(int, void *, uint, int)",
);
export const recvmmsg: (fd: number, messages: Pointer, count: number, flags: number, timeout: Pointer) => number =
  libc.func("int recvmmsg(int, void *, uint, int, void *)");

/** ICMP errors (RFC 792, RFC 4443) by what they mean to the sender of the packet. */

/** "Destination unreachable" codes; RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1. */
const UNREACHABLE_V4 = 3;
const TIME_EXCEEDED_V4 = 11;
const FRAGMENTATION_NEEDED = 4;
const PORT_V4 = 3;
const networkV4 = [0, 6, 11];
const prohibitedV4 = [9, 10, 13];

const UNREACHABLE_V6 = 1;
const PACKET_TOO_BIG_V6 = 2;
const TIME_EXCEEDED_V6 = 3;
const NO_ROUTE_V6 = 0;
const PORT_V6 = 4;
const prohibitedV6 = [1, 5, 6];

export type IcmpErrorMeaning =
  | "packet_too_big"
  | "port_unreachable"
  | "host_unreachable"
  | "network_unreachable"
  | "prohibited"
  | "time_exceeded"
  | "other";

export function icmpErrorMeaning(family: 4 | 6, type: number, code: number): IcmpErrorMeaning {
  return family === 4 ? meaningV4(type, code) : meaningV6(type, code);
}

function meaningV4(type: number, code: number): IcmpErrorMeaning {
  if (type === TIME_EXCEEDED_V4) return "time_exceeded";
  if (type !== UNREACHABLE_V4) return "other";
  if (code === FRAGMENTATION_NEEDED) return "packet_too_big";
  if (code === PORT_V4) return "port_unreachable";
  if (networkV4.includes(code)) return "network_unreachable";
  return prohibitedV4.includes(code) ? "prohibited" : "host_unreachable";
}

function meaningV6(type: number, code: number): IcmpErrorMeaning {
  if (type === PACKET_TOO_BIG_V6) return "packet_too_big";
  if (type === TIME_EXCEEDED_V6) return "time_exceeded";
  if (type !== UNREACHABLE_V6) return "other";
  if (code === PORT_V6) return "port_unreachable";
  if (code === NO_ROUTE_V6) return "network_unreachable";
  return prohibitedV6.includes(code) ? "prohibited" : "host_unreachable";
}

import { type IcmpErrorMeaning, icmpErrorMeaning } from "../../src/packet/icmp-error.ts";

/** "Destination unreachable", code by code: RFC 792 has 0 to 5, RFC 1122 section 3.2.2.1 has 6 to 12, RFC 1812 section 5.2.7.1 the rest. */
const unreachableV4: readonly [code: number, name: string, meaning: IcmpErrorMeaning][] = [
  [0, "net unreachable", "network_unreachable"],
  [1, "host unreachable", "host_unreachable"],
  [2, "protocol unreachable", "host_unreachable"],
  [3, "port unreachable", "port_unreachable"],
  [4, "fragmentation needed and DF set", "packet_too_big"],
  [5, "source route failed", "host_unreachable"],
  [6, "destination network unknown", "network_unreachable"],
  [7, "destination host unknown", "host_unreachable"],
  [8, "source host isolated", "host_unreachable"],
  [9, "communication with destination network administratively prohibited", "prohibited"],
  [10, "communication with destination host administratively prohibited", "prohibited"],
  [11, "network unreachable for type of service", "network_unreachable"],
  [12, "host unreachable for type of service", "host_unreachable"],
  [13, "communication administratively prohibited", "prohibited"],
  [14, "host precedence violation", "host_unreachable"],
  [15, "precedence cutoff in effect", "host_unreachable"],
];

/** RFC 4443, section 3.1. */
const unreachableV6: readonly [code: number, name: string, meaning: IcmpErrorMeaning][] = [
  [0, "no route to destination", "network_unreachable"],
  [1, "communication with destination administratively prohibited", "prohibited"],
  [2, "beyond scope of source address", "host_unreachable"],
  [3, "address unreachable", "host_unreachable"],
  [4, "port unreachable", "port_unreachable"],
  [5, "source address failed ingress/egress policy", "prohibited"],
  [6, "reject route to destination", "prohibited"],
];

test.each(unreachableV4)("ICMP type 3, code %i, %s: %s", (code, _, meaning) => {
  expect(icmpErrorMeaning(4, 3, code)).toBe(meaning);
});

test.each(unreachableV6)("ICMPv6 type 1, code %i, %s: %s", (code, _, meaning) => {
  expect(icmpErrorMeaning(6, 1, code)).toBe(meaning);
});

test.each([
  [4, 11, 0, "time to live exceeded in transit", "time_exceeded"],
  [4, 11, 1, "fragment reassembly time exceeded", "time_exceeded"],
  [6, 2, 0, "packet too big", "packet_too_big"],
  [6, 3, 0, "hop limit exceeded in transit", "time_exceeded"],
  [6, 3, 1, "fragment reassembly time exceeded", "time_exceeded"],
  [4, 4, 0, "source quench", "other"],
  [4, 5, 0, "redirect", "other"],
  [4, 12, 0, "parameter problem", "other"],
  [6, 4, 0, "parameter problem", "other"],
  // The numbers of one family mean something else in the other.
  [4, 1, 4, "unassigned", "other"],
  [4, 2, 0, "unassigned", "other"],
  [6, 11, 0, "unassigned", "other"],
] as const)("over IPv%i type %i, code %i, %s: %s", (family, type, code, _, meaning) => {
  expect(icmpErrorMeaning(family, type, code)).toBe(meaning);
});

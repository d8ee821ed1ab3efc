import { type Json, listAt, numberAt, objectAt, objectOf } from "./json.ts";

/** What a segment dropped since NSX counts, on all hosts together. */
export interface SegmentDrops {
  readonly cause: string;
  /** Empty where NSX does not tell. */
  readonly direction: "from_guest" | "to_guest" | "";
  readonly packets: number;
}

type Counter = readonly [key: string, cause: string, direction: SegmentDrops["direction"]];

/** What a machine sends is received by the switch: rx is from it. */
const rateLimits: readonly Counter[] = [
  ["rx_rate_limit_bcast_drops", "rate_limit_broadcast", "from_guest"],
  ["rx_rate_limit_mcast_drops", "rate_limit_multicast", "from_guest"],
  ["tx_rate_limit_bcast_drops", "rate_limit_broadcast", "to_guest"],
  ["tx_rate_limit_mcast_drops", "rate_limit_multicast", "to_guest"],
];

const firewall: readonly Counter[] = [
  ["rx_dropped", "firewall", "from_guest"],
  ["tx_dropped", "firewall", "to_guest"],
];

/** Of nsxt_swsec. */
const security: readonly Counter[] = [
  ["bpdu_filter_drops", "bpdu_filter", ""],
  ["dhcp_client_block_ipv4_drops", "dhcp_client_block", ""],
  ["dhcp_client_block_ipv6_drops", "dhcp_client_block", ""],
  ["dhcp_client_validate_ipv4_drops", "dhcp_client_validate", ""],
  ["dhcp_server_block_ipv4_drops", "dhcp_server_block", ""],
  ["dhcp_server_block_ipv6_drops", "dhcp_server_block", ""],
  ["ra_guard_drops", "ra_guard", ""],
  ["spoof_guard_arp_drops", "spoof_guard", ""],
  ["spoof_guard_ipv4_drops", "spoof_guard", ""],
  ["spoof_guard_ipv6_drops", "spoof_guard", ""],
  ["spoof_guard_nd_drops", "spoof_guard", ""],
  ["spoof_guard_non_ip_drops", "spoof_guard", ""],
];

/** The same before nsxt_swsec: of dropped_by_security_packets. */
const securityBefore: readonly Counter[] = [
  ["bpdu_filter_dropped", "bpdu_filter", ""],
  ["dhcp_client_dropped_ipv4", "dhcp_client_block", ""],
  ["dhcp_client_dropped_ipv6", "dhcp_client_block", ""],
  ["dhcp_server_dropped_ipv4", "dhcp_server_block", ""],
  ["dhcp_server_dropped_ipv6", "dhcp_server_block", ""],
];

function read(object: Json | undefined, counters: readonly Counter[]): SegmentDrops[] {
  return counters.flatMap(([key, cause, direction]) => {
    const packets = numberAt(object, key);
    return packets === undefined ? [] : [{ cause, direction, packets }];
  });
}

function spoofGuardBefore(object: Json | undefined): SegmentDrops[] {
  return (listAt(object, "spoof_guard_dropped") ?? []).flatMap((one) => {
    const packets = numberAt(objectOf(one), "counter");
    return packets === undefined ? [] : [{ cause: "spoof_guard", direction: "", packets } as const];
  });
}

/** Sums of what has one cause and direction. */
export function addDrops(drops: readonly SegmentDrops[]): SegmentDrops[] {
  const sums = new Map<string, SegmentDrops>();
  for (const one of drops) {
    const key = `${one.cause} ${one.direction}`;
    sums.set(key, { ...one, packets: one.packets + (sums.get(key)?.packets ?? 0) });
  }
  return [...sums.values()];
}

const members = ["nsxt_swsec", "dropped_by_firewall_packets", "dropped_by_security_packets"];
const others = ["rx_packets", "tx_packets", "logical_switch_id", "last_update_timestamp"];

/** SegmentStatistics; a counter that this version lacks is left out. @returns undefined where it is no such object */
export function parseSegmentStatistics(answer: Json): SegmentDrops[] | undefined {
  if (![...members, ...others].some((key) => key in answer)) return undefined;
  const swsec = objectAt(answer, "nsxt_swsec");
  const before = objectAt(answer, "dropped_by_security_packets");
  return addDrops([
    ...read(swsec, rateLimits),
    ...read(objectAt(answer, "dropped_by_firewall_packets"), firewall),
    ...(swsec ? read(swsec, security) : [...read(before, securityBefore), ...spoofGuardBefore(before)]),
  ]);
}

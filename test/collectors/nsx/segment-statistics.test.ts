import { parseSegmentStatistics } from "../../../src/collectors/nsx/segment-statistics.ts";
import { segmentStatistics } from "../../support/fake-nsx-objects.mjs";

test("each counter has its cause and direction, and those of one cause are added up", () => {
  const answer = segmentStatistics(
    {
      rx_rate_limit_bcast_drops: 1,
      rx_rate_limit_mcast_drops: 2,
      tx_rate_limit_bcast_drops: 3,
      tx_rate_limit_mcast_drops: 4,
      bpdu_filter_drops: 5,
      dhcp_client_block_ipv4_drops: 6,
      dhcp_client_block_ipv6_drops: 7,
      dhcp_server_block_ipv4_drops: 8,
      ra_guard_drops: 9,
      spoof_guard_arp_drops: 10,
      spoof_guard_ipv4_drops: 11,
      rx_ipv4_pkts: 1_000_000,
    },
    { rx_dropped: 12, tx_dropped: 13 },
  );

  expect(parseSegmentStatistics(answer)).toEqual([
    { cause: "rate_limit_broadcast", direction: "from_guest", packets: 1 },
    { cause: "rate_limit_multicast", direction: "from_guest", packets: 2 },
    { cause: "rate_limit_broadcast", direction: "to_guest", packets: 3 },
    { cause: "rate_limit_multicast", direction: "to_guest", packets: 4 },
    { cause: "firewall", direction: "from_guest", packets: 12 },
    { cause: "firewall", direction: "to_guest", packets: 13 },
    { cause: "bpdu_filter", direction: "", packets: 5 },
    { cause: "dhcp_client_block", direction: "", packets: 13 },
    { cause: "dhcp_server_block", direction: "", packets: 8 },
    { cause: "ra_guard", direction: "", packets: 9 },
    { cause: "spoof_guard", direction: "", packets: 21 },
  ]);
});

test("a version without nsxt_swsec tells of security in dropped_by_security_packets, and of rate limits nothing", () => {
  const answer = {
    rx_packets: { total: 10, dropped: 2 },
    dropped_by_security_packets: {
      bpdu_filter_dropped: 1,
      dhcp_client_dropped_ipv4: 2,
      dhcp_client_dropped_ipv6: 3,
      spoof_guard_dropped: [
        { packet_type: "IPv4", counter: 4 },
        { packet_type: "ARP", counter: 5 },
      ],
    },
  };

  expect(parseSegmentStatistics(answer)).toEqual([
    { cause: "bpdu_filter", direction: "", packets: 1 },
    { cause: "dhcp_client_block", direction: "", packets: 5 },
    { cause: "spoof_guard", direction: "", packets: 9 },
  ]);
});

test("a drop that both members tell of is counted once", () => {
  const answer = {
    nsxt_swsec: { bpdu_filter_drops: 7 },
    dropped_by_security_packets: { bpdu_filter_dropped: 7 },
  };

  expect(parseSegmentStatistics(answer)).toEqual([{ cause: "bpdu_filter", direction: "", packets: 7 }]);
});

test("what is not there is not zero", () => {
  expect(parseSegmentStatistics({ logical_switch_id: "x" })).toEqual([]);
  expect(parseSegmentStatistics({ error_code: 1 })).toBeUndefined();
});

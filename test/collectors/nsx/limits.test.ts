import { parseQosProfile, parseSecurityProfile, tightest } from "../../../src/collectors/nsx/limits.ts";
import { qosProfile, securityProfile } from "../../support/fake-nsx-objects.mjs";

test("what NSX calls received comes from the guest, sent goes to it", () => {
  const profile = securityProfile("p", { rx_broadcast: 1, rx_multicast: 2, tx_broadcast: 3, tx_multicast: 4 });

  expect(parseSecurityProfile(profile)?.limits).toEqual([
    { direction: "from_guest", traffic: "broadcast", packetsPerSecond: 1 },
    { direction: "from_guest", traffic: "multicast", packetsPerSecond: 2 },
    { direction: "to_guest", traffic: "broadcast", packetsPerSecond: 3 },
    { direction: "to_guest", traffic: "multicast", packetsPerSecond: 4 },
  ]);
});

test.each([
  ["rates of 0", securityProfile("p", {})],
  ["rate limits that are switched off", securityProfile("p", { rx_broadcast: 10 }, { rate_limits_enabled: false })],
  ["no rates", securityProfile("p", {}, { rate_limits: undefined })],
  ["no word on whether they are on", securityProfile("p", { rx_broadcast: 10 }, { rate_limits_enabled: undefined })],
])("a security profile with %s limits nothing", (_, profile) => {
  expect(parseSecurityProfile(profile)?.limits).toEqual([]);
});

// The examples of VMware's documentation: 30 Mbit/s, 60 for 0.1 s; 3000 kbit/s, 6000 for 0.1 s.
test("a shaper of 30 Mbit/s with 60 for 0.1 s is 3.75 MB/s, 7.5 MB/s and 750 kB", () => {
  const shaper = { enabled: true, average_bandwidth: 30, peak_bandwidth: 60, burst_size: 750_000 };
  const profile = qosProfile("p", [
    { resource_type: "IngressRateLimiter", ...shaper },
    { resource_type: "EgressRateLimiter", ...shaper },
    {
      resource_type: "IngressBroadcastRateLimiter",
      enabled: true,
      average_bandwidth: 3000,
      peak_bandwidth: 6000,
      burst_size: 75_000,
    },
  ]);

  const megabytes = { bytesPerSecond: 3_750_000, peakBytesPerSecond: 7_500_000, burstBytes: 750_000 };
  expect(parseQosProfile(profile)?.limits).toEqual([
    { direction: "from_guest", ...megabytes },
    { direction: "to_guest", ...megabytes },
    {
      direction: "from_guest",
      traffic: "broadcast",
      bytesPerSecond: 375_000,
      peakBytesPerSecond: 750_000,
      burstBytes: 75_000,
    },
  ]);
});

test.each([
  ["is switched off", { resource_type: "IngressRateLimiter", enabled: false, average_bandwidth: 10 }],
  [
    "has an average of 0",
    { resource_type: "EgressRateLimiter", enabled: true, average_bandwidth: 0, peak_bandwidth: 9 },
  ],
  ["is of a kind that nobody knows", { resource_type: "SidewaysRateLimiter", enabled: true, average_bandwidth: 10 }],
  ["has no number", { resource_type: "IngressRateLimiter", enabled: true, average_bandwidth: {} }],
])("a shaper that %s limits nothing", (_, shaper) => {
  expect(parseQosProfile(qosProfile("p", [shaper]))?.limits).toEqual([]);
});

test("of several limits for the same traffic the tightest counts, each number for itself", () => {
  expect(
    tightest([
      { direction: "to_guest", bytesPerSecond: 10, burstBytes: 5 },
      { direction: "to_guest", bytesPerSecond: 20, burstBytes: 2, peakBytesPerSecond: 30 },
      { direction: "to_guest", traffic: "broadcast", packetsPerSecond: 1 },
    ]),
  ).toEqual([
    { direction: "to_guest", bytesPerSecond: 10, burstBytes: 2, peakBytesPerSecond: 30 },
    { direction: "to_guest", traffic: "broadcast", packetsPerSecond: 1 },
  ]);
});

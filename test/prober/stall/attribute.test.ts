import { attributeStall, type Rise, type StallEvidence } from "../../../src/prober/stall/attribute.ts";

const MS = 1e6;
const TICK = 10 * MS;
const rise = (total: number, elsewhere = 0): Rise => ({ total: total * MS, elsewhere: elsewhere * MS });
const none = rise(0);

/** A machine that tells everything, and nothing happened. */
const calm: StallEvidence = { suspended: none, ran: none, waited: none, stops: none, throttled: none, steal: none };
const blind: StallEvidence = {
  suspended: undefined,
  ran: undefined,
  waited: undefined,
  stops: undefined,
  throttled: undefined,
  steal: undefined,
};
const stops = (total: number): Rise => ({ total, elsewhere: 0 });

test.each<[string, number, Partial<StallEvidence>, string]>([
  ["nothing tells anything", 80, {}, "unknown"],
  ["the quota", 80, { waited: rise(78), throttled: rise(75) }, "throttled"],
  ["the quota of four CPUs, of which we waited too", 80, { waited: rise(78), throttled: rise(300) }, "throttled"],
  ["the quota stopped others while we slept", 80, { waited: rise(3), throttled: rise(75) }, "unknown"],
  ["a little quota, mostly other tasks", 80, { waited: rise(78), throttled: rise(30) }, "contended"],
  ["another task", 80, { waited: rise(70) }, "contended"],
  ["a wait too short to explain it", 80, { waited: rise(30) }, "unknown"],
  ["SIGSTOP", 2000, { stops: stops(2), waited: rise(1) }, "stopped"],
  ["a stop too short to explain a long wait", 80, { stops: stops(2), waited: rise(75) }, "contended"],
  [
    "a stop under a quota that had been used up",
    80,
    { stops: stops(2), waited: rise(75), throttled: rise(70) },
    "throttled",
  ],
  ["a machine that slept froze its processes, too", 20, { suspended: rise(60_000), stops: stops(2) }, "suspended"],
  ["two clocks that were read a moment apart", 20, { suspended: rise(20) }, "unknown"],
  ["our own work", 40, { ran: rise(38) }, "busy"],
  ["steal, the timer came late", 80, { steal: rise(80) }, "steal"],
  ["steal while we queued on the stolen CPU", 80, { waited: rise(78), steal: rise(80) }, "steal"],
  [
    "steal under a quota that explains the wait exactly",
    80,
    { waited: rise(78), steal: rise(80), throttled: rise(75) },
    "throttled",
  ],
  ["a tick of steal where there never is any", 7, { steal: rise(10) }, "steal"],
  ["a tick of steal where the wait explains it all", 7, { waited: rise(7), steal: rise(10) }, "contended"],
  ["a tick of steal where 5 % is always stolen", 7, { steal: rise(10, 5) }, "unknown"],
  ["5 % of steal, as always", 100, { waited: rise(95), steal: rise(60, 50) }, "contended"],
  ["a wait as always on a crowded machine", 20, { waited: rise(60, 50) }, "unknown"],
])("%s: of %i ms", (_, stallMs, evidence, cause) => {
  expect(attributeStall(stallMs * MS, { ...calm, ...evidence }, TICK)).toBe(cause);
});

describe("a kernel that tells little", () => {
  test.each<[string, Partial<StallEvidence>, string]>([
    ["nothing", {}, "unknown"],
    ["only the quota", { throttled: rise(75) }, "throttled"],
    ["only steal", { steal: rise(80) }, "steal"],
    ["only a little steal, which others may explain better", { steal: rise(45) }, "unknown"],
  ])("%s", (_, evidence, cause) => {
    expect(attributeStall(80 * MS, { ...blind, ...evidence }, TICK)).toBe(cause);
  });
});

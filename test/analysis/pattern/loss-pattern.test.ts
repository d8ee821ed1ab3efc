import { LOST, VOID } from "../../../src/analysis/packet-log.ts";
import { lossPattern } from "../../../src/analysis/pattern/loss-pattern.ts";
import { patternSentence } from "../../../src/analysis/pattern/sentence.ts";
import { logOf, packetLog, seeded, sendTimes, withChain, withHoles, withRandomLoss } from "./logs.ts";

const sentenceOf = (log: ReturnType<typeof logOf>) => patternSentence(lossPattern(log));

test.each([120, 300])("a hole of 250 ms every 5 s at 50 packets/s, over %i s", (seconds) => {
  const pattern = lossPattern(withHoles(sendTimes(50, seconds, seeded(1)), 5, 0.25));

  expect(pattern.lossPeriod.periodSeconds).toBeCloseTo(5, 1);
  expect(pattern.periodicBlackoutSeconds).toBeGreaterThan(0.22);
  expect(pattern.periodicBlackoutSeconds).toBeLessThan(0.28);
  expect(pattern.runs).toBe(seconds / 5);
  expect(pattern.longestBlackout?.atLeastSeconds).toBeLessThanOrEqual(0.25);
  expect(pattern.burstiness.pValue).toBeLessThan(0.001);
  expect(patternSentence(pattern)).toMatch(
    /^periodic: a blackout of about 2[2-8]0 ms every 5.0 s \(p < 0.001, \d+ onsets\)$/,
  );
});

test("the same hole is found among random loss", () => {
  const { lossPeriod } = lossPattern(withHoles(sendTimes(50, 300, seeded(2)), 5, 0.25, 0.01, seeded(3)));

  expect(lossPeriod.periodSeconds).toBeCloseTo(5, 1);
});

test("one percent at random", () => {
  const pattern = lossPattern(withRandomLoss(sendTimes(50, 300, seeded(4)), 0.01, seeded(5)));

  expect(pattern.lossPeriod.reason).toBe("no period found");
  expect(pattern.periodicBlackoutSeconds).toBeNull();
  expect(pattern.twoState?.badToGood.upper).toBeGreaterThan(0.95);
  expect(patternSentence(pattern)).toMatch(/^random.* no period found, not bursty$/);
});

test("bursts that lose everything, and bad spells that do not", () => {
  const times = sendTimes(50, 300, seeded(6));

  expect(sentenceOf(withChain(times, 0.01, 0.2, 1, seeded(7)))).toMatch(
    /^in bursts of [45]\.\d packets on average, the longest of \d+$/,
  );
  expect(sentenceOf(withChain(times, 0.01, 0.1, 0.5, seeded(8)))).toMatch(
    /^in bad spells of about \d+(\.\d)? packets on average, which lose \d\d % of them$/,
  );
});

test.each([
  ["", "nothing was judged"],
  ["vvv", "nothing was judged"],
  ["...", "no packet was lost"],
  ["xxx", "every packet was lost"],
  ["...x...", "too few losses to see a pattern"],
  ["xxx.xxxx", "too few packets to see a pattern"],
])("%s: %s", (text, sentence) => {
  expect(sentenceOf(logOf(text))).toBe(sentence);
});

test("a few losses show no burst, and the sentence says why no period was looked for", () => {
  const text = Array.from({ length: 700 }, (_, i) => (i % 100 === 3 ? "x" : ".")).join("");

  expect(sentenceOf(logOf(text))).toBe(
    "random: single packets lost, not bursty; a period cannot be looked for: 7 onsets, needs 16",
  );
});

test("a periodic delay is told beside the loss", () => {
  const times = sendTimes(50, 60, seeded(9));
  const rtts = Float64Array.from(times, (t) => (t % 0.5 < 0.1 ? 0.012 : 0.002));

  expect(sentenceOf(packetLog(times, new Uint8Array(times.length), rtts))).toBe(
    "no packet was lost; RTT over its shortest by more than 5 ms every 500 ms (p < 0.001, 120 onsets)",
  );
});

test("the pattern is plain data: JSON gives it back unchanged", () => {
  const times = sendTimes(50, 60, seeded(10));
  const logs = [
    logOf(""),
    logOf("v"),
    logOf("x"),
    logOf("x.x.x.x.x.x.x"),
    withHoles(times, 1, 0.1),
    withRandomLoss(times, 0.5, seeded(11)),
    packetLog(times, new Uint8Array(times.length).fill(LOST)),
    packetLog(times, new Uint8Array(times.length).fill(VOID)),
    packetLog(times, new Uint8Array(times.length), new Float64Array(times.length).fill(Number.NaN)),
  ];
  for (const pattern of logs.map(lossPattern)) expect(JSON.parse(JSON.stringify(pattern))).toEqual(pattern);
});

test("what lies behind the count means nothing", () => {
  const log = withRandomLoss(sendTimes(50, 60, seeded(12)), 0.05, seeded(13));
  const longer = new Float64Array(log.count + 100).fill(7);
  longer.set(log.sentSeconds);
  const outcome = new Uint8Array(log.count + 100).fill(LOST);
  outcome.set(log.outcome);

  expect(lossPattern({ count: log.count, sentSeconds: longer, outcome, rttSeconds: log.rttSeconds })).toEqual(
    lossPattern(log),
  );
});

test("a million packets at a high rate, and days at a low one, are analysed in seconds", () => {
  const packets = 1_000_000;
  const draw = seeded(14);
  for (const seconds of [10, 20_000]) {
    const times = Float64Array.from({ length: packets }, (_, i) => ((i + draw()) * seconds) / packets);
    const log = withRandomLoss(times, 0.01, draw);
    const begin = performance.now();

    lossPattern(log);

    expect(performance.now() - begin).toBeLessThan(15_000);
  }
});

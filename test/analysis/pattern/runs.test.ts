import fc from "fast-check";
import { packetTotals } from "../../../src/analysis/packet-log.ts";
import { lossRuns, summarizeRuns } from "../../../src/analysis/pattern/runs.ts";
import { logOf } from "./logs.ts";

test.each([
  ["no packet", "", 0, 0, null, null],
  ["no loss", "....", 0, 0, null, null],
  ["one run", "..xx..", 1, 2, null, null],
  ["two runs and the gap between them", "x..xxx.", 2, 3, 2, 2],
  ["a void packet does not end a run", ".xvx.", 1, 2, null, null],
  ["a void packet does not lengthen a gap", "x.v.x", 2, 1, 2, 2],
  ["void packets alone", "vvv", 0, 0, null, null],
  ["gaps of different length", "x.x...x", 3, 1, 2, 1],
])("%s: %s", (_, text, runs, longestRunPackets, meanGapPackets, shortestGapPackets) => {
  expect(summarizeRuns(logOf(text))).toMatchObject({ runs, longestRunPackets, meanGapPackets, shortestGapPackets });
});

test("a blackout lasted at least from its first loss to its last, at most from the packet before to the one after", () => {
  const { longestBlackout } = summarizeRuns(logOf("..xxx..x.", 0.1));

  expect(longestBlackout?.packets).toBe(3);
  expect(longestBlackout?.startSeconds).toBeCloseTo(0.2);
  expect(longestBlackout?.atLeastSeconds).toBeCloseTo(0.2);
  expect(longestBlackout?.atMostSeconds).toBeCloseTo(0.4);
});

test("void packets bound no blackout", () => {
  expect(summarizeRuns(logOf(".vxxv.")).longestBlackout).toEqual({
    packets: 2,
    startSeconds: 2,
    atLeastSeconds: 1,
    atMostSeconds: 5,
  });
});

test.each(["xxx.", ".xxx", "vxxxv"])(
  "a blackout at the edge of the log may have been longer than any figure: %s",
  (text) => {
    expect(summarizeRuns(logOf(text)).longestBlackout).toMatchObject({ atLeastSeconds: 2, atMostSeconds: null });
  },
);

test("runs hold all losses, and void packets change none of them", () => {
  const marks = fc.array(fc.constantFrom(".", "x"), { maxLength: 200 });
  const voids = fc.array(fc.nat(200), { maxLength: 20 });
  fc.assert(
    fc.property(marks, voids, (packets, places) => {
      const mixed: string[] = [...packets];
      for (const place of places) mixed.splice(Math.min(place, mixed.length), 0, "v");
      const [clean, dirty] = [packets, mixed].map((text) => logOf(text.join("")));
      if (!clean || !dirty) throw new Error("both logs are there");

      const lengths = lossRuns(clean).map((run) => run.packets);

      expect(lengths.reduce((a, b) => a + b, 0)).toBe(packetTotals(clean).lost);
      expect(lossRuns(dirty).map((run) => run.packets)).toEqual(lengths);
      expect(packetTotals(dirty)).toEqual(packetTotals(clean));
    }),
  );
});

import { lossDistances } from "../../../src/analysis/pattern/distances.ts";
import type { Estimate, TwoState } from "../../../src/analysis/pattern/estimate.ts";
import { logLikelihood } from "../../../src/analysis/pattern/partial-loss.ts";
import { twoState } from "../../../src/analysis/pattern/two-state.ts";
import { logOf, packetLog, seeded, withChain, withRandomLoss } from "./logs.ts";

function fitted(log: Parameters<typeof twoState>[0]): TwoState {
  const found = twoState(log);
  if (typeof found === "string") throw new Error(found);
  return found;
}

const evenly = (packets: number) => Float64Array.from({ length: packets }, (_, i) => i / 50);
const holds = ({ lower, upper }: Estimate, truth: number) => lower <= truth && truth <= upper;

test("steps of a chain that can be counted by hand", () => {
  // 5 of the 22 steps from a received packet began a run, 5 of the 8 from a lost packet ended one.
  const { goodToBad, badToGood, lossInBad } = fitted(logOf("....xx...x....xx....x....xx...."));

  expect(goodToBad.value).toBeCloseTo(5 / 22);
  expect(badToGood.value).toBeCloseTo(5 / 8);
  expect(lossInBad).toBeNull();
});

test("steps from and to a void packet say nothing", () => {
  const { goodToBad, badToGood } = fitted(logOf(".xv.x.x.x.x.x.vx."));

  expect(badToGood.value).toBe(1);
  expect(goodToBad.value).toBe(1);
});

test.each(["", "....", "xxxx", ".x.x.x.x."])("too few runs are refused: %s", (text) => {
  expect(twoState(logOf(text))).toMatch(/^\d runs of loss, needs 5$/);
});

test("distances end at a loss and are cut by a void packet and by the end", () => {
  const { ended, cut, lost, packets } = lossDistances(logOf("..xx...xv.x..x..."));

  expect(Object.fromEntries([...ended.distance].map((d, i) => [d, ended.times[i]]))).toEqual({ 1: 1, 3: 1, 4: 1 });
  expect([...cut.distance]).toEqual([3]);
  expect({ lost, packets }).toEqual({ lost: 5, packets: 16 });
});

// By the forward algorithm over both states, from the first loss on.
test.each([
  [0.1, 0.3, 0.6, -26.0589415852],
  [0.05, 0.5, 0.9, -29.4568749659],
  [0.2, 0.1, 0.3, -26.5652866983],
])(
  "the likelihood of the distances is that of the packets: %f, %f, %f",
  (goodToBad, badToGood, lossInBad, expected) => {
    const text = "0001011000000110100000000000101110000000001000000011".replaceAll("0", ".").replaceAll("1", "x");

    expect(logLikelihood(lossDistances(logOf(text)), { goodToBad, badToGood, lossInBad })).toBeCloseTo(expected, 8);
  },
);

/** Numerical Recipes' generator, so that the same packets can be made elsewhere. */
function linearCongruential(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test("estimates and intervals are those of scipy's optimiser on the forward likelihood", () => {
  const { goodToBad, badToGood, lossInBad } = fitted(withChain(evenly(4000), 0.02, 0.1, 0.6, linearCongruential(7)));
  if (!lossInBad) throw new Error("partial loss shows");

  const rows = [goodToBad, badToGood, lossInBad].map(({ lower, value, upper }) => [lower, value, upper]);

  const expected = [
    [0.01588, 0.0206, 0.02669],
    [0.0692, 0.09015, 0.11666],
    [0.57597, 0.62127, 0.66456],
  ];
  for (const [i, row] of expected.entries()) for (const [j, x] of row.entries()) expect(rows[i]?.[j]).toBeCloseTo(x, 4);
});

describe("on simulated chains the 95 % intervals hold the truth", () => {
  const logs = 100;
  // Of 100 intervals of 95 %, fewer than 88 hold it once in a thousand times.
  const least = 88;

  test.each([
    [0.01, 0.3],
    [0.002, 0.1],
    [0.05, 0.95],
  ])("that lose all in bad spells: %f, %f", (p, r) => {
    const draw = seeded(17);
    const counts = { goodToBad: 0, badToGood: 0, partial: 0 };
    for (let i = 0; i < logs; i++) {
      const found = fitted(withChain(evenly(15_000), p, r, 1, draw));
      if (found.lossInBad) counts.partial++;
      if (holds(found.goodToBad, p)) counts.goodToBad++;
      if (holds(found.badToGood, r)) counts.badToGood++;
    }

    expect(counts.goodToBad).toBeGreaterThanOrEqual(least);
    expect(counts.badToGood).toBeGreaterThanOrEqual(least);
    expect(counts.partial).toBeLessThanOrEqual(3);
  });

  test.each([
    [0.01, 0.1, 0.5],
    [0.005, 0.03, 0.3],
    [0.02, 0.2, 0.7],
  ])("that lose a part: %f, %f, %f", (p, r, h) => {
    const draw = seeded(19);
    const counts = [0, 0, 0];
    for (let i = 0; i < logs; i++) {
      const { goodToBad, badToGood, lossInBad } = fitted(withChain(evenly(6000), p, r, h, draw));
      if (!lossInBad) continue;
      const held = [holds(goodToBad, p), holds(badToGood, r), holds(lossInBad, h)];
      for (const [j, isHeld] of held.entries()) if (isHeld) counts[j] = (counts[j] ?? 0) + 1;
    }

    for (const count of counts) expect(count).toBeGreaterThanOrEqual(least);
  });
});

test("loss at random has no bad spells: what follows a loss is as good as anything", () => {
  const { goodToBad, badToGood, lossInBad } = fitted(withRandomLoss(evenly(20_000), 0.05, seeded(3)));

  expect(holds(goodToBad, 0.05)).toBe(true);
  expect(holds(badToGood, 0.95)).toBe(true);
  expect(lossInBad).toBeNull();
});

test("a log of void packets says nothing", () => {
  expect(twoState(packetLog(evenly(3), Uint8Array.of(2, 2, 2)))).toBe("0 runs of loss, needs 5");
});

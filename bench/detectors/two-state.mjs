import { markdown, percent } from "./product.mjs";
import { packetLog } from "./sending.mjs";
import { chain } from "./truths.mjs";

const sizes = [1000, 6000, 15_000];
const parameters = [
  [0.01, 0.99, 1],
  [0.05, 0.95, 1],
  [0.01, 0.3, 1],
  [0.002, 0.1, 1],
  [0.01, 0.1, 0.5],
  [0.002, 0.05, 0.8],
  [0.005, 0.03, 0.3],
  [0.02, 0.2, 0.7],
];

/** Which model is chosen, and in what share of logs each 95 % interval of the right model holds the truth. */
export function coverage(product, runs, random) {
  const rows = parameters.flatMap(([goodToBad, badToGood, lossInBad]) =>
    sizes.map((packets) => {
      const truth = { goodToBad, badToGood, lossInBad };
      const counts = { none: 0, simple: 0, partial: 0, goodToBad: 0, badToGood: 0, lossInBad: 0 };
      for (let i = 0; i < runs; i++) note(counts, truth, product.twoState(simulated(packets, truth, random)));
      const right = lossInBad === 1 ? counts.simple : counts.partial;
      return [
        `${goodToBad}, ${badToGood}, ${lossInBad}`,
        String(packets),
        ...[counts.none, counts.simple, counts.partial].map((n) => percent(n, runs)),
        ...[counts.goodToBad, counts.badToGood].map((n) => percent(n, right)),
        lossInBad === 1 ? "" : percent(counts.lossInBad, right),
      ];
    }),
  );
  return markdown([
    [
      "good to bad, bad to good, loss in bad",
      "packets",
      "none",
      "all lost in bad",
      "partial",
      "good to bad",
      "bad to good",
      "loss in bad",
    ],
    ...rows,
  ]);
}

function simulated(packets, truth, random) {
  const times = Float64Array.from({ length: packets }, (_, i) => i / 50);
  return packetLog(times, chain(truth)(times, random));
}

function note(counts, truth, found) {
  if (typeof found === "string") {
    counts.none++;
    return;
  }
  const isPartial = found.lossInBad !== null;
  counts[isPartial ? "partial" : "simple"]++;
  if (isPartial !== truth.lossInBad < 1) return;
  for (const name of ["goodToBad", "badToGood", "lossInBad"]) {
    const estimate = found[name];
    if (estimate && estimate.lower <= truth[name] && truth[name] <= estimate.upper) counts[name]++;
  }
}

import { markdown, percent } from "./product.mjs";
import { packetLog, sendTimes } from "./sending.mjs";
import { both, chain, holes, randomLoss, spells } from "./truths.mjs";

const streams = [
  { ratePerSecond: 50, seconds: 20 },
  { ratePerSecond: 20, seconds: 60 },
  { ratePerSecond: 20, seconds: 300 },
  { ratePerSecond: 20, seconds: 300, othersPerSecond: 2000 },
  { ratePerSecond: 50, seconds: 300 },
  { ratePerSecond: 200, seconds: 60 },
];

const nameOf = ({ ratePerSecond, seconds, othersPerSecond }) =>
  `${ratePerSecond}/s, ${seconds} s${othersPerSecond ? `, beside ${othersPerSecond}/s` : ""}`;

const withoutPeriod = {
  "random 1 %": randomLoss(0.01),
  "random 5 %": randomLoss(0.05),
  "random 20 %": randomLoss(0.2),
  "random 50 %": randomLoss(0.5),
  "spells of 30 ms every 0.2 s": spells({ everySeconds: 0.2, meanSeconds: 0.03 }),
  "spells of 0.1 s every 0.3 s": spells({ everySeconds: 0.3, meanSeconds: 0.1 }),
  "spells of 0.1 s every 1 s": spells({ everySeconds: 1, meanSeconds: 0.1 }),
  "spells of 2 s every 5 s": spells({ everySeconds: 5, meanSeconds: 2 }),
  "bad for 10 packets of 60, losing 50 %": chain({ goodToBad: 0.02, badToGood: 0.1, lossInBad: 0.5 }),
  "bad for 33 packets of 233, losing 50 %": chain({ goodToBad: 0.005, badToGood: 0.03, lossInBad: 0.5 }),
  "bad for 100 packets of 600, losing 20 %": chain({ goodToBad: 0.002, badToGood: 0.01, lossInBad: 0.2 }),
};

const withPeriod = [
  [0.2, 0.01],
  [1, 0.03],
  [5, 0.01],
  [5, 0.25],
  [10, 0.03],
  [10, 0.5],
].map(([everySeconds, holeSeconds]) => ({
  what: `${holeSeconds * 1000} ms every ${everySeconds} s`,
  everySeconds,
  truth: holes({ everySeconds, holeSeconds }),
}));
withPeriod.push(
  {
    what: "30 ms every 1 s, wandering by 5 %",
    everySeconds: 1,
    truth: holes({ everySeconds: 1, holeSeconds: 0.03, wander: 0.05 }),
  },
  {
    what: "30 ms every 1 s, and 1 % at random",
    everySeconds: 1,
    truth: both(holes({ everySeconds: 1, holeSeconds: 0.03 }), randomLoss(0.01)),
  },
  {
    what: "250 ms every 5 s, and 1 % at random",
    everySeconds: 5,
    truth: both(holes({ everySeconds: 5, holeSeconds: 0.25 }), randomLoss(0.01)),
  },
);

/** How often a period is found where there is none, and how often bursts are found where loss is random. */
export function falsePeriods(product, runs, random) {
  const rows = Object.entries(withoutPeriod).map(([what, truth]) => [
    what,
    ...streams.map((stream) => percent(judge(product, stream, truth, runs, random).found, runs)),
  ]);
  return markdown([["loss without a period", ...streams.map(nameOf)], ...rows]);
}

/** How often the period is found, right to 2 %; and how often the same losses look bursty. */
export function power(product, runs, random) {
  const rows = withPeriod.map(({ what, truth, everySeconds }) => [
    what,
    ...streams.map((stream) => {
      const { right, onsets, bursty } = judge(product, stream, truth, runs, random, everySeconds);
      return `${percent(right, runs)} / ${percent(bursty, runs)} (${Math.round(onsets / runs)})`;
    }),
  ]);
  return markdown([["holes", ...streams.map(nameOf)], ...rows]);
}

/** How often loss of each kind is called bursty. */
export function bursty(product, runs, random) {
  const truths = { "no loss": randomLoss(0), "random 0.1 %": randomLoss(0.001), ...withoutPeriod };
  const rows = Object.entries(truths).map(([what, truth]) => [
    what,
    ...streams.map((stream) => {
      let significant = 0;
      for (let i = 0; i < runs; i++) {
        const times = sendTimes(product, stream, random);
        if (isBursty(product, packetLog(times, truth(times, random)))) significant++;
      }
      return percent(significant, runs);
    }),
  ]);
  return markdown([["loss", ...streams.map(nameOf)], ...rows]);
}

function isBursty(product, log) {
  const { pValue } = product.trainDispersion(product.trainSums(log));
  return pValue !== null && pValue < 0.01;
}

function judge(product, stream, truth, runs, random, everySeconds) {
  const counts = { found: 0, right: 0, onsets: 0, bursty: 0 };
  for (let i = 0; i < runs; i++) {
    const times = sendTimes(product, stream, random);
    const log = packetLog(times, truth(times, random));
    const { onsets, periodSeconds } = product.periodicity(product.lossOnsets(log));
    counts.onsets += onsets;
    if (periodSeconds !== null) counts.found++;
    if (periodSeconds !== null && Math.abs(periodSeconds / everySeconds - 1) < 0.02) counts.right++;
    if (isBursty(product, log)) counts.bursty++;
  }
  return counts;
}

import { markdown, percent } from "./product.mjs";
import { cpuQuota, holes, randomLoss, spells, tokenBucket } from "./truths.mjs";

const RUN_PACKETS = 1000;
const TRAIN_PACKETS = 10;

/** Runs of 1,000, and so many trains after each. */
const plans = [
  { ratePerSecond: 50, runs: 5, trainsEach: 20 },
  { ratePerSecond: 200, runs: 5, trainsEach: 20 },
  { ratePerSecond: 200, runs: 10, trainsEach: 10 },
  { ratePerSecond: 200, runs: 10, trainsEach: 40 },
];

const undelayed = (truth) => (times, random) => ({ lost: truth(times, random), delayed: new Uint8Array(times.length) });

const truths = {
  "no loss": undelayed(randomLoss(0)),
  "random 0.1 %": undelayed(randomLoss(0.001)),
  "random 1 %": undelayed(randomLoss(0.01)),
  "random 5 %": undelayed(randomLoss(0.05)),
  "spells of 0.1 s every 1 s": undelayed(spells({ everySeconds: 1, meanSeconds: 0.1 })),
  "spells of 0.4 s every 8 s": undelayed(spells({ everySeconds: 8, meanSeconds: 0.4 })),
  "spells of 3 s every 30 s": undelayed(spells({ everySeconds: 30, meanSeconds: 3 })),
  "spells of 0.2 s every 5 s, losing 50 %": undelayed(spells({ everySeconds: 5, meanSeconds: 0.2, lossInBad: 0.5 })),
  "hole of 10 ms every 0.1 s": undelayed(holes({ everySeconds: 0.1, holeSeconds: 0.01 })),
  "hole of 250 ms every 5 s": undelayed(holes({ everySeconds: 5, holeSeconds: 0.25 })),
  "CPU quota, load 104 % in a run at 200/s": cpuQuota({ packetSeconds: 0.00052, queue: 16 }),
  "CPU quota, load 104 % in a run at 50/s": cpuQuota({ packetSeconds: 0.00208, queue: 16 }),
  "token bucket, 40/s, depth 20": undelayed(tokenBucket({ ratePerSecond: 40, depth: 20 })),
};

/** "not enough" shares and significant shares of the loss test, then significant shares of the delay test. */
export function contention(product, runs, random) {
  const rows = Object.entries(truths).map(([what, truth]) => [
    what,
    ...plans.map((plan) => {
      const counts = { few: 0, loss: 0, delay: 0 };
      for (let i = 0; i < runs; i++) {
        const { loss, delay } = product.runsAgainstTrains(interleaved(plan, truth, random));
        if (loss.pValue === null) counts.few++;
        if (loss.pValue !== null && loss.pValue < 0.01) counts.loss++;
        if (delay.pValue !== null && delay.pValue < 0.01) counts.delay++;
      }
      return [counts.loss, counts.delay, counts.few].map((n) => percent(n, runs)).join(" / ");
    }),
  ]);
  const heading = ({ ratePerSecond, runs: r, trainsEach }) => `${r} runs, ${r * trainsEach} trains, ${ratePerSecond}/s`;
  return markdown([["truth", ...plans.map(heading)], ...rows]);
}

/** Pauses are jittered too: evenly spaced trains may all fall between the holes of a period. */
function interleaved({ ratePerSecond, runs, trainsEach }, truth, random) {
  const times = [];
  const parts = [];
  let now = 0;
  const send = (kind, packets) => {
    parts.push({ kind, from: times.length, to: times.length + packets });
    for (let i = 0; i < packets; i++) {
      times.push(now);
      now += (0.5 + random()) / ratePerSecond;
    }
    now += 0.25 + 0.5 * random();
  };
  for (let run = 0; run < runs; run++) {
    send("runs", RUN_PACKETS);
    for (let train = 0; train < trainsEach; train++) send("trains", TRAIN_PACKETS);
  }
  const met = truth(Float64Array.from(times), random);
  const result = { runs: [], trains: [], limiterExcluded: true };
  for (const { kind, from, to } of parts) result[kind].push(tally(met, from, to));
  return result;
}

function tally({ lost, delayed }, from, to) {
  const sum = (values) => values.subarray(from, to).reduce((a, b) => a + b, 0);
  return { packets: to - from, lost: sum(lost), timed: to - from - sum(lost), delayed: sum(delayed) };
}

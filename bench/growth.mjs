import { steadyCost } from "./cpu.mjs";
import { targetAddresses } from "./lab.mjs";
import { memoryBytes } from "./process.mjs";
import { median, trendOf } from "./statistics.mjs";
import { count, spread, verdict } from "./table.mjs";

const TARGETS = [10, 100, 1000, 10_000];
const series = [
  { title: "10,000 packets/s in all", rateOf: (targets) => 10_000 / targets },
  { title: "1 packet/s to each", rateOf: () => 1 },
];

const FULL = { turns: 3, warmUp: 10, window: 5, scrapes: 5 };
const QUICK = { turns: 1, warmUp: 6, window: 2, scrapes: 2 };

/**
 * @typedef {{ cpuMicros: number, sentRatio: number, residentBytes: number, scrapeMillis: number, scrapeBytes: number }} Turn
 * @typedef {{ title: string, points: { targets: number, rate: number, turns: Turn[] }[] }} Series
 */

/** CPU per probe, memory and scrape time as targets grow tenfold, at the same total rate and at the same rate each. */
export async function measureGrowth({ wire, probers, quick, progress }) {
  const { turns, ...effort } = quick ? QUICK : FULL;
  const results = (quick ? series.slice(0, 1) : series).map(({ title, rateOf }) => ({
    title,
    points: TARGETS.map((targets) => ({ targets, rate: rateOf(targets), turns: [] })),
  }));
  const points = results.flatMap((result) => result.points);
  for (let turn = 0; turn < turns; turn++) {
    for (const point of points) {
      // Both series end at the same load, which is measured once.
      const same = points.find(({ targets, rate }) => targets === point.targets && rate === point.rate);
      if (same === point) {
        progress(`${count(point.targets, "target")} x ${point.rate}/s, turn ${turn + 1} of ${turns}`);
        point.turns.push(await turnOf(probers.virtloss, wire, point, effort));
      } else point.turns.push(same.turns[turn]);
    }
  }
  return { series: results };
}

/** @returns {Promise<Turn>} */
async function turnOf(virtloss, wire, { targets, rate }, { warmUp, window, scrapes }) {
  const running = await virtloss.start(targetAddresses(targets), rate, warmUp);
  const { total, perSecond } = await steadyCost(wire, running.pid, window);
  const answers = [];
  for (let scrape = 0; scrape < scrapes; scrape++) answers.push(await running.scrape());
  const { resident } = memoryBytes(running.pid);
  await running.stop();
  return {
    cpuMicros: total,
    sentRatio: perSecond / (targets * rate),
    residentBytes: resident,
    scrapeMillis: median(answers.map(({ milliseconds }) => milliseconds)),
    scrapeBytes: answers[0].body.length,
  };
}

/** What may not rise from 10 to 10,000 targets. */
const costs = [
  { title: "CPU per probe", of: (turn) => turn.cpuMicros },
  { title: "memory per target", of: (turn, targets) => turn.residentBytes / targets },
  { title: "scrape time per target", of: (turn, targets) => turn.scrapeMillis / targets },
];

/** @param {{ series: Series[] }} result */
export function growthTable({ series }) {
  const rows = series.flatMap(({ title, points }) => [
    ...points.map(({ targets, rate, turns }, i) => [
      i === 0 ? title : "",
      `${count(targets)} x ${count(rate)}/s`,
      spread(turns.map(({ cpuMicros }) => cpuMicros)),
      spread(turns.map(({ residentBytes }) => residentBytes / 1e6)),
      spread(turns.map(({ scrapeMillis }) => scrapeMillis)),
      `${(turns[0].scrapeBytes / 1e3).toFixed(0)}`,
      "",
      "",
    ]),
    ...costs.map(({ title, of }) => {
      const { trend, steps } = trendOf(points.map(({ targets, turns }) => turns.map((turn) => of(turn, targets))));
      const factors = steps.map((step) => `x ${step.median.toFixed(2)}`).join(", ");
      return [`  ${title}`, factors, "", "", "", "", `${trend}`, verdict(trend !== "rises")];
    }),
  ]);
  return {
    title: "Growth: virtloss, one size a path, collectors off; each step is ten times the targets",
    columns: ["", "targets", "µs per probe", "memory, MB", "scrape, ms", "kB", "falls or stays flat", ""],
    rows,
  };
}

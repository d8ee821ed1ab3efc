/** What a run of the bench with these probers and turns would have written. */
export const titles = {
  virtloss: "virtloss",
  fping: "fping 5.1",
  fpingBursts: "fping 5.1 in bursts",
  floor: "C floor",
  smokeping: "smokeping_prober 0.6.1",
};

const cost = (total: number, perSecond: number) => ({ total, user: 0, system: total, perSecond, residentBytes: 90e6 });

const loads = [
  { targets: 1000, rate: 10 },
  { targets: 1000, rate: 1 },
  { targets: 100, rate: 10 },
];

/** @param costs microseconds per probe for each prober, one for each turn */
export function cpuResult(costs: Readonly<Record<string, readonly number[]>>, sentRatio = 1) {
  const turns = Math.max(...Object.values(costs).map(({ length }) => length));
  return {
    loads: loads.map(({ targets, rate }) => ({
      targets,
      rate,
      turns: Array.from({ length: turns }, (_, turn) =>
        Object.fromEntries(
          Object.entries(costs).map(([key, values]) => [key, cost(values[turn] ?? 0, targets * rate * sentRatio)]),
        ),
      ),
    })),
  };
}

/** @param costs microseconds per probe at each of 10 to 10,000 targets */
export function growthResult(costs: readonly number[]) {
  const series = (title: string) => ({
    title,
    points: costs.map((cpuMicros, i) => ({
      targets: 10 ** (i + 1),
      rate: 1,
      turns: [0.9, 1, 1.2].map((noise) => ({
        cpuMicros: cpuMicros * noise,
        sentRatio: 1,
        residentBytes: 8e7 + 10 ** i * 3e5,
        scrapeMillis: 10 ** i * 3,
        scrapeBytes: 10 ** i * 5e4,
      })),
    })),
  });
  return { series: [series("10,000 packets/s in all"), series("1 packet/s to each")] };
}

export const about = { node: "v20.20.2", machine: "2 x a processor", quick: false };

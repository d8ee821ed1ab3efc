import {
  accumulate,
  createCounted,
  parseSampleTimes,
  type SampleSeries,
} from "../../../src/collectors/vcenter/accumulate.ts";

const at = (seconds: number) => new Date(1_700_000_000_000 + 1000 * seconds).toISOString();

/** One answer: samples as [second, value] in the order of the answer. */
function answer(samples: readonly (readonly [number, number])[], adding: SampleSeries["adding"] = "sum") {
  const times = parseSampleTimes(samples.map(([second]) => `20,${at(second)}`).join(","));
  if (!times) throw new Error("not times");
  return { times, series: [{ key: "k", adding, values: samples.map(([, value]) => value).join(",") }] };
}

/** Counts answers one after the other. @returns the total after each, and how many samples were missing in the end */
function totals(answers: readonly (readonly (readonly [number, number])[])[], adding?: SampleSeries["adding"]) {
  const counted = createCounted();
  let missing = 0;
  const after = answers.map((samples) => {
    const { times, series } = answer(samples, adding);
    missing += accumulate(counted, times, series).missing;
    return counted.totals.get("k");
  });
  const until = counted.untilMs === undefined ? undefined : (counted.untilMs - 1_700_000_000_000) / 1000;
  return { after, missing, until };
}

test("each sample is counted once, however often it is told", () => {
  const first = [
    [0, 5],
    [20, 7],
  ] as const;

  expect(totals([first, first, [...first, [40, 100]]])).toEqual({ after: [12, 12, 112], missing: 0, until: 40 });
});

test("the order of an answer does not matter", () => {
  const forwards = [
    [20, 1],
    [40, 10],
    [60, 100],
  ] as const;

  expect(totals([[[0, 0]], forwards])).toEqual(totals([[[0, 0]], [...forwards].reverse()]));
  expect(totals([[[0, 0]], forwards]).after).toEqual([0, 111]);
});

test("a missed poll loses nothing: the next answer has all samples since", () => {
  const many = Array.from({ length: 90 }, (_, i) => [20 * (i + 1), 2] as const);

  expect(totals([[[0, 1]], many])).toEqual({ after: [1, 181], missing: 0, until: 1800 });
});

test("a sample that comes later than the next one is counted when it comes, and the others are not counted again", () => {
  const { after, missing, until } = totals([
    [[0, 1]],
    [[40, 100]],
    [
      [20, 10],
      [40, 100],
      [60, 1000],
    ],
  ]);

  expect(after).toEqual([1, 101, 1111]);
  expect(missing).toBe(0);
  expect(until).toBe(60);
});

test("what is still missing is asked for again, for two minutes; then it is given up and told", () => {
  const later = (second: number) => [[second, 1]] as const;

  expect(totals([[[0, 1]], later(60)])).toEqual({ after: [1, 2], missing: 0, until: 0 });
  expect(totals([[[0, 1]], later(60), later(140)])).toMatchObject({ after: [1, 2, 3], missing: 2, until: 60 });
});

test("-1 is no data: it is never added, and a sample of nothing else has yet to come", () => {
  expect(
    totals([
      [
        [0, 3],
        [20, -1],
      ],
    ]),
  ).toEqual({ after: [3], missing: 0, until: 0 });
  expect(
    totals([
      [
        [0, 3],
        [20, -1],
      ],
      [
        [20, 4],
        [40, 5],
      ],
    ]),
  ).toEqual({ after: [3, 12], missing: 0, until: 40 });
});

test("-1 of one counter keeps the others", () => {
  const counted = createCounted();
  const times = parseSampleTimes(`20,${at(0)},20,${at(20)}`);
  if (!times) throw new Error("not times");
  accumulate(counted, times, [
    { key: "a", adding: "sum", values: "1,2" },
    { key: "b", adding: "sum", values: "-1,5" },
    { key: "c", adding: "sum", values: "-1,-1" },
  ]);

  expect(Object.fromEntries(counted.totals)).toEqual({ a: 3, b: 5 });
});

test("a rate is counted for its interval, and a level is the newest one", () => {
  expect(
    totals(
      [
        [
          [0, 3],
          [20, 4],
        ],
      ],
      "rate",
    ).after,
  ).toEqual([140]);
  expect(
    totals(
      [
        [
          [20, 4],
          [0, 3],
        ],
        [
          [40, -1],
          [60, 9],
        ],
        [[40, 7]],
      ],
      "newest",
    ).after,
  ).toEqual([4, 9, 9]);
});

test("numbers with spaces and fractions are numbers, and nothing else is", () => {
  const counted = createCounted();
  const times = parseSampleTimes(Array.from({ length: 6 }, (_, i) => `20, ${at(20 * i)}`).join(","));
  if (!times) throw new Error("not times");
  accumulate(counted, times, [{ key: "k", adding: "sum", values: " 1 ,2.5,NaN,,0x10,1e3" }]);

  expect(counted.totals.get("k")).toBe(3.5);
});

test.each(["20", "20,yesterday", `0,${at(0)}`, `x,${at(0)}`, `20,${at(0)},20`])("%s are no times", (text) => {
  expect(parseSampleTimes(text)).toBeUndefined();
});

test("no sample at all is no news", () => {
  expect(parseSampleTimes("")).toEqual({ atMs: [], intervalSeconds: [] });
});

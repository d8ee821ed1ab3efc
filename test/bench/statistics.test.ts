const { median, ratios, trendOf } = await import(new URL("../../bench/statistics.mjs", import.meta.url).href);
const { figure, spread } = await import(new URL("../../bench/table.mjs", import.meta.url).href);

test.each([
  [[3], 3],
  [[9, 1, 2], 2],
  [[4, 1, 10, 2], 3],
])("the median of %j is %d", (values, expected) => {
  expect(median(values)).toBe(expected);
});

test("ratios are taken turn by turn, so that a slow hour cancels out", () => {
  // The machine is twice as slow in the last two turns; the medians alone would say 20 / 20 = 1.
  expect(ratios([5, 20, 20, 10, 10], [10, 40, 40, 20, 20])).toEqual({ median: 0.5, min: 0.5, max: 0.5, count: 5 });
});

test.each([
  ["falls", [[40], [20], [10]]],
  ["flat", [[10], [10.5], [10.2]]],
  ["rises", [[10], [8], [9.5]]], // one step of 19 % is a rise, though the end is below the start
  [
    "falls",
    [
      [10, 20],
      [9.5, 19],
      [8, 16],
    ],
  ],
])("a cost that %s: %j", (trend, points) => {
  expect(trendOf(points).trend).toBe(trend);
});

test.each([
  [0, "0"],
  [0.123, "0.12"],
  [5.432, "5.43"],
  [54.32, "54.3"],
  [543.2, "543"],
  [5432, "5432"],
])("%d is written as %s", (value, text) => {
  expect(figure(value)).toBe(text);
});

test("a figure carries its range, unless there was one turn", () => {
  expect(spread([12, 10, 31], "µs")).toBe("12.0 µs (10.0 to 31.0)");
  expect(spread([12])).toBe("12.0");
});

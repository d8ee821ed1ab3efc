import {
  formatBrief,
  formatCount,
  formatInstant,
  formatInterval,
  formatRatio,
  formatSpan,
} from "../../../src/http/page/format.ts";

test.each([
  [0, "0 %"],
  [5.4e-17, "0 %"],
  [0.000_003, "0.0003 %"],
  [0.001, "0.1 %"],
  [0.0123, "1.2 %"],
  [0.5, "50 %"],
  [0.996_7, "99.67 %"],
  [0.999_996, "99.99 %"],
  [1, "100 %"],
])("the ratio %d reads %s", (ratio, text) => {
  expect(formatRatio(ratio)).toBe(text);
});

test("bounds share one unit", () => {
  expect(formatInterval(0, 0.060_2)).toBe("0 to 6 %");
  expect(formatInterval(0.009_53, 0.015_1)).toBe("0.95 to 1.5 %");
});

test.each([
  [7, "7"],
  [999, "999"],
  [1_000, "1,000"],
  [1_234_567, "1,234,567"],
])("the count %d reads %s", (count, text) => {
  expect(formatCount(count)).toBe(text);
});

test.each([
  [0.000_000_4, "0.4 µs"],
  [0.000_048, "48 µs"],
  [0.000_24, "240 µs"],
  [0.001_25, "1.3 ms"],
  [0.019, "19 ms"],
  [1.5, "1.5 s"],
])("%d seconds of flight read %s", (seconds, text) => {
  expect(formatBrief(seconds)).toBe(text);
});

test.each([
  [-1, "0 s"],
  [42.9, "42 s"],
  [300, "5 min"],
  [754, "12 min 34 s"],
  [7_500, "2 h 5 min"],
  [273_600, "3 d 4 h"],
])("%d seconds that passed read %s", (seconds, text) => {
  expect(formatSpan(seconds)).toBe(text);
});

test("an instant is given in UTC", () => {
  expect(formatInstant(1_795_270_925.9)).toBe("2026-11-21 14:22:05 UTC");
});

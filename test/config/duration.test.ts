import { parseDurationSeconds } from "../../src/config/duration.ts";

test.each([
  ["1s", 1],
  ["500ms", 0.5],
  ["1m30s", 90],
  ["1h", 3600],
  ["1s250ms", 1.25],
  ["0s", 0],
])("%s is %d seconds", (text, seconds) => {
  expect(parseDurationSeconds(text)).toBe(seconds);
});

test.each(["", "1", "s", "1.5s", "-1s", "30s1m", "1s1s", " 1s", "1 s", "1S", "1e3s"])("%j is no duration", (text) => {
  expect(parseDurationSeconds(text)).toBeUndefined();
});

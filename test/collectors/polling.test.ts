import { setTimeout as sleep } from "node:timers/promises";
import { pauseMs, poll } from "../../src/collectors/polling.ts";
import type { Reading } from "../../src/collectors/reading.ts";
import { gauge, sample } from "../../src/metrics/define.ts";

const fact = gauge("virtloss_fact", "One.", ["number"]);

function reading(state: Reading["state"], number = 0): Reading {
  const samples = state === "ok" ? [sample(fact, { number: String(number) }, number)] : [];
  return { state, samples, detail: state, durationSeconds: 0 };
}

const numbers = ({ samples }: Reading) => samples.map(({ labels }) => Number(labels["number"]));

test.each([
  ["a quick source is read once an interval", { state: "ok", durationSeconds: 0.01 }, 4990],
  ["a slow one rests nineteen times as long as it took", { state: "ok", durationSeconds: 2 }, 38_000],
  [
    "one that failed after a long time is tried again at the next interval",
    { state: "failed", durationSeconds: 15 },
    0,
  ],
] as const)("%s", (_, outcome, expected) => {
  expect(pauseMs({ seconds: 5 }, { ...reading(outcome.state), ...outcome })).toBe(expected);
});

test("a scrape gets the last reading at once, and the first one waits for it", async () => {
  let count = 0;
  const polling = poll(
    async () => reading("ok", ++count),
    { seconds: 0.02 },
    () => 0,
  );

  const first = await polling.latest(1000);
  await sleep(100);
  const later = await polling.latest(0);
  polling.stop();

  expect(numbers(first)).toEqual([1]);
  expect(numbers(later)[0]).toBeGreaterThan(1);
});

test("a first reading that takes too long is a failure without samples", async () => {
  const polling = poll(
    () => new Promise(() => undefined),
    { seconds: 5 },
    () => 0,
  );

  const latest = await polling.latest(10);
  polling.stop();

  expect(latest).toMatchObject({ state: "failed", samples: [], detail: "its first reading has not ended yet" });
});

test("after a failure the samples of the last good reading stay for six intervals, and the state says failed", async () => {
  let nowMs = 0;
  const outcomes: Reading[] = [reading("ok", 7), reading("failed")];
  const polling = poll(
    async () => outcomes.shift() ?? reading("failed"),
    { seconds: 0.01 },
    () => nowMs,
  );
  await polling.latest(1000);
  await sleep(50);

  nowMs = 59;
  const kept = await polling.latest(0);
  nowMs = 61;
  const gone = await polling.latest(0);
  polling.stop();

  expect([kept.state, numbers(kept)]).toEqual(["failed", [7]]);
  expect([gone.state, numbers(gone)]).toEqual(["failed", []]);
});

test("what is absent has no samples, whatever it said before", async () => {
  const outcomes: Reading[] = [reading("ok", 7)];
  const polling = poll(
    async () => outcomes.shift() ?? reading("absent"),
    { seconds: 0.01 },
    () => 0,
  );
  await polling.latest(1000);
  await sleep(50);

  const latest = await polling.latest(0);
  polling.stop();

  expect([latest.state, numbers(latest)]).toEqual(["absent", []]);
});

test("one that was stopped is read no more, not even by a reading under way", async () => {
  let count = 0;
  const polling = poll(
    async () => {
      await sleep(20);
      return reading("ok", ++count);
    },
    { seconds: 0.001 },
    () => 0,
  );

  polling.stop();
  await sleep(100);

  expect(count).toBe(1);
});

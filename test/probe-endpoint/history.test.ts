import { createRunHistory } from "../../src/probe-endpoint/history.ts";

const entry = (target: string, notable: boolean) => ({
  atSeconds: 0,
  target,
  module: "icmp",
  notable,
  summary: "",
  transcript: "",
});

test("the newest stand first, under numbers that never come back", () => {
  const history = createRunHistory(3, 1);
  for (const target of ["a", "b", "c", "d"]) history.add(entry(target, false));

  expect(history.list().map(({ id, target }) => [id, target])).toEqual([
    [4, "d"],
    [3, "c"],
    [2, "b"],
  ]);
  expect(history.find(1)).toBeUndefined();
  expect(history.find(3)?.target).toBe("c");
});

test("runs with trouble stay while a thousand good ones pass", () => {
  const history = createRunHistory(100, 50);
  for (let i = 0; i < 50; i++) history.add(entry(`bad ${i}`, true));
  for (let i = 0; i < 1000; i++) history.add(entry(`good ${i}`, false));

  const kept = history.list();
  expect(kept).toHaveLength(100);
  expect(kept.filter(({ notable }) => notable)).toHaveLength(50);
  expect(kept[0]?.target).toBe("good 999");
});

test("beyond their reserved places, runs with trouble are replaced like all others", () => {
  const history = createRunHistory(100, 50);
  for (let i = 0; i < 1000; i++) history.add(entry(`${i}`, true));
  expect(history.list().at(-1)?.target).toBe("900");
  for (let i = 0; i < 50; i++) history.add(entry("good", false));

  const kept = history.list();
  expect(kept).toHaveLength(100);
  expect(kept.filter(({ notable }) => notable)).toHaveLength(50);
  expect(kept.at(-1)?.target).toBe("950");
});

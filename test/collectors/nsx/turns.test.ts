import { createTurns, type Round } from "../../../src/collectors/nsx/turns.ts";
import { ServerError } from "../../../src/kernel/host.ts";

const round = (notes: string[] = []): Round => ({
  signal: new AbortController().signal,
  note: (detail) => notes.push(detail),
});
const things = <T>(atOnce: number, nowMs = () => 0) =>
  createTurns<T>({ kind: "things", atOnce, timeMs: 1000, monotonicMs: nowMs });
const numbered = (count: number) => Array.from({ length: count }, (_, i) => `k${i}`);
const never = () => false;

test("each has its turn, and its answer is kept until the next one", async () => {
  const turns = things<number>(4);
  const asked: string[][] = [];

  for (let reading = 0; reading < 4; reading++) {
    const now: string[] = [];
    const known = await turns.read(numbered(10), never, async (key) => now.push(key), round());
    asked.push(now);
    expect(known.size).toBe(Math.min(10, 4 * (reading + 1)));
  }

  expect(asked.map((keys) => keys.length)).toEqual([4, 4, 4, 4]);
  expect(new Set(asked.slice(0, 3).flat())).toEqual(new Set(numbered(10)));
});

test("urgent ones come first and four times as often, and nobody waits for ever", async () => {
  const turns = things<number>(10);
  const counts = new Map<string, number>();
  const urgent = new Set(numbered(5));
  const first: string[] = [];

  for (let reading = 0; reading < 200; reading++) {
    await turns.read(
      numbered(100),
      (key) => urgent.has(key),
      async (key) => {
        if (reading === 0) first.push(key);
        counts.set(key, (counts.get(key) ?? 0) + 1);
        return 1;
      },
      round(),
    );
  }

  expect(first.filter((key) => urgent.has(key))).toHaveLength(5);
  const of = (isUrgent: boolean) =>
    numbered(100)
      .filter((key) => urgent.has(key) === isUrgent)
      .map((key) => counts.get(key) ?? 0);
  expect(Math.min(...of(true))).toBeGreaterThan(50);
  expect(Math.min(...of(false))).toBeGreaterThanOrEqual(12);
});

test("what exists no longer is forgotten", async () => {
  const turns = things<string>(10);
  await turns.read(["a", "b"], never, async (key) => key, round());

  expect([...(await turns.read(["b"], never, async (key) => key, round())).keys()]).toEqual(["b"]);
});

test("an answer is not kept for ever where no other comes", async () => {
  const turns = things<number>(2);
  const refuse = async () => {
    throw new ServerError("answer", "no");
  };
  await turns.read(["a"], never, async () => 1, round());

  const sizes: number[] = [];
  for (let reading = 0; reading < 30; reading++) sizes.push((await turns.read(["a"], never, refuse, round())).size);

  expect(sizes.indexOf(0)).toBe(24);
});

test("after three failures in a row the rest is not asked, and a note tells how many and why", async () => {
  const turns = things<number>(100);
  const notes: string[] = [];
  let asked = 0;

  await turns.read(
    numbered(100),
    never,
    async () => {
      asked++;
      throw new ServerError("unreachable", "nobody there");
    },
    round(notes),
  );

  expect(asked).toBeLessThanOrEqual(4);
  expect(notes).toEqual([expect.stringMatching(/^[34] of [34] not read: nobody there$/)]);
});

test("when time is up the rest waits, and has its turn first in the next reading", async () => {
  let now = 0;
  const turns = things<number>(10, () => now);
  const notes: string[] = [];
  const takingItsTime = async () => {
    now += 190;
    return now;
  };
  await turns.read(numbered(10), never, takingItsTime, round(notes));
  expect(notes).toEqual(["things: 4 of 10 wait for the next reading: it is slow"]);

  expect((await turns.read(numbered(10), never, async () => 0, round())).size).toBe(10);
});

test.each([
  ["a refused login", new ServerError("credentials", "refused")],
  ["an unknown certificate", new ServerError("certificate", "unknown")],
  ["a bug of ours", new TypeError("x is undefined")],
])("%s ends the reading", async (_, error) => {
  const turns = things<number>(10);
  const ask = async () => {
    throw error;
  };

  await expect(turns.read(numbered(10), never, ask, round())).rejects.toBe(error);
});

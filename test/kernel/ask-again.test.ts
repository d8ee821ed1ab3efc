import { askAgain } from "../../src/kernel/ask-again.ts";

test("without an answer or with an error it is asked again, less and less often, but at least once an hour", async () => {
  const pauses: number[] = [];
  let asked = 0;
  const answer = await askAgain(
    async () => {
      asked += 1;
      if (asked === 2) throw new Error("no memory for it");
      return asked === 15 ? "kvm" : undefined;
    },
    async (ms) => pauses.push(ms),
  );

  expect(answer).toBe("kvm");
  expect(asked).toBe(15);
  expect(pauses.slice(0, 4)).toEqual([20_000, 40_000, 80_000, 160_000]);
  expect(pauses.slice(-3)).toEqual([3_600_000, 3_600_000, 3_600_000]);
});

test("who is answered at once does not wait", async () => {
  const pause = () => Promise.reject(new Error("it waited"));
  expect(await askAgain(async () => 0, pause)).toBe(0);
});

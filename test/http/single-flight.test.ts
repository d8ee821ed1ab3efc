import { singleFlight } from "../../src/http/single-flight.ts";

test("calls that overlap share a run, and the next one starts anew", async () => {
  let runs = 0;
  const flight = singleFlight(async (key: string) => `${key}${++runs}`);

  const together = await Promise.all([flight("a"), flight("a"), flight("b")]);
  const later = await flight("a");

  expect(together).toEqual(["a1", "a1", "b2"]);
  expect(later).toBe("a3");
});

test("a run that fails fails for all who waited, and not for the next", async () => {
  let runs = 0;
  const flight = singleFlight(async (_key: string) => {
    runs += 1;
    if (runs === 1) throw new Error("broken");
    return runs;
  });

  const together = await Promise.allSettled([flight("a"), flight("a")]);

  expect(together.map((r) => r.status)).toEqual(["rejected", "rejected"]);
  await expect(flight("a")).resolves.toBe(2);
});

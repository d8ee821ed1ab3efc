import { keepOpen } from "../../src/collectors/kept-open.ts";

/** Something that counts how often it was opened and closed. */
function counted(failures: number) {
  const counts = { opened: 0, closed: 0 };
  const open = async () => {
    counts.opened++;
    if (counts.opened <= failures) throw new Error(`refused ${counts.opened}`);
    return {
      close() {
        counts.closed++;
      },
    };
  };
  return { counts, open };
}

test("it is opened once and kept", async () => {
  const { counts, open } = counted(0);
  const kept = keepOpen(open);

  expect(await kept.get()).toBe(await kept.get());
  kept.close();

  expect(counts).toEqual({ opened: 1, closed: 1 });
});

test("a refusal is told again without another try, until five minutes are over", async () => {
  const { counts, open } = counted(1);
  let now = 0;
  const kept = keepOpen(open, () => now);

  await expect(kept.get()).rejects.toThrow("refused 1");
  now = 299_999;
  await expect(kept.get()).rejects.toThrow("refused 1");
  expect(counts.opened).toBe(1);
  now = 300_000;
  await kept.get();

  expect(counts.opened).toBe(2);
});

test("what is closed while it is being opened does not stay open", async () => {
  const { counts, open } = counted(0);
  const kept = keepOpen(open);

  const got = kept.get();
  kept.close();

  await expect(got).rejects.toThrow("closed while");
  expect(counts).toEqual({ opened: 1, closed: 1 });
});

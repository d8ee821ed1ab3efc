import { pressure } from "../../../src/collectors/pressure/index.ts";
import { parsePressure } from "../../../src/collectors/pressure/parse.ts";
import { type Host, SourceAbsentError } from "../../../src/kernel/host.ts";
import { createLinuxHost } from "../../../src/kernel/linux.ts";
import { collectOnce } from "../../support/collecting.ts";
import { createFixtureHost } from "../../support/fixture-host.ts";
import { seriesOf } from "../../support/series.ts";

async function collect(host: Host) {
  return seriesOf((await collectOnce(pressure, host, {})).samples);
}

const stalled = (resource: string, share: string) =>
  `virtloss_pressure_stalled_seconds_total{resource="${resource}",share="${share}"}`;

test("a guest's pressure, in seconds; a machine is never out of all its CPUs", async () => {
  expect(await collect(createFixtureHost("linux-6.12-numa"))).toEqual({
    [stalled("cpu", "some")]: 1.114596,
    [stalled("io", "some")]: 0,
    [stalled("io", "full")]: 0,
    [stalled("memory", "some")]: 0,
    [stalled("memory", "full")]: 0,
  });
});

test("interrupts have no share in which only some wait", async () => {
  expect(await collect(createFixtureHost("written-bare-metal"))).toEqual({
    [stalled("cpu", "some")]: 2.196546,
    [stalled("irq", "full")]: 1.234567,
  });
});

test("a kernel without the directory is absent, and so is one that was told not to measure", async () => {
  const host = createFixtureHost("linux-6.12-numa");
  const unread = async (path: string) => {
    throw new SourceAbsentError(`${path}: EOPNOTSUPP`);
  };

  await expect(collect({ ...host, list: unread })).rejects.toThrow(SourceAbsentError);
  await expect(collect({ ...host, list: unread })).rejects.toThrow("psi=1 at boot");
  await expect(collect({ ...host, readText: unread })).rejects.toThrow(SourceAbsentError);
  await expect(collect({ ...host, readText: unread })).rejects.toThrow("psi=1 at boot");
});

test("a share that a later kernel may add is left out; other text is an error with file and row", () => {
  const some = "some avg10=0.00 avg60=0.00 avg300=0.00 total=5";

  expect(parsePressure("f", `${some}\nmost avg10=0.00 avg60=0.00 avg300=0.00 total=9\n`)).toEqual([
    { share: "some", stalledMicros: 5 },
  ]);
  expect(() => parsePressure("/proc/pressure/io", `${some}\nfull avg10=0.00\n`)).toThrow(
    '/proc/pressure/io row 1: expected "some avg10=… total=MICROSECONDS", got "full avg10=0.00"',
  );
  expect(() => parsePressure("/proc/pressure/io", "")).toThrow(
    '/proc/pressure/io: expected lines "some …" or "full …", found none',
  );
});

test("on this machine the stall time of CPUs only grows, and never faster than the clock", async () => {
  const host = createLinuxHost();
  const before = await collect(host).catch((error: unknown) => error);
  if (before instanceof SourceAbsentError) return;
  const startedMs = performance.now();
  for (let end = startedMs + 50; performance.now() < end; );
  const after = await collect(host);

  const key = stalled("cpu", "some");
  const grown = (after[key] ?? Number.NaN) - ((before as typeof after)[key] ?? Number.NaN);
  expect(grown).toBeGreaterThanOrEqual(0);
  // The kernel adds up its averages every two seconds; more than that cannot have waited for the reading.
  expect(grown).toBeLessThan((performance.now() - startedMs) / 1000 + 4);
});

import { defineCollector, type StatelessCollector } from "../../src/collectors/collector.ts";
import { type CollectorReport, collectorSamples } from "../../src/collectors/report.ts";
import { createCollectorRunner } from "../../src/collectors/run.ts";
import { SourceAbsentError } from "../../src/kernel/host.ts";
import { gauge, sample } from "../../src/metrics/define.ts";
import { createFixtureHost } from "../support/fixture-host.ts";

const host = createFixtureHost("linux-6.18-virtio");
const fine = gauge("virtloss_fine", "One.", ["source"]);

function collector(name: string, collect: StatelessCollector<unknown, Record<string, never>>["collect"]) {
  return { collector: defineCollector({ name, metrics: {}, collect }), options: {} };
}

const works = collector("works", async () => [sample(fine, { source: "works" }, 1)]);

function states(reports: readonly CollectorReport[]): Record<string, string> {
  return Object.fromEntries(reports.map((report) => [report.name, report.state]));
}

test("collectors that throw, are absent or hang leave the others intact", async () => {
  const runner = createCollectorRunner(
    [
      collector("throws", async () => {
        throw new Error("row 3: expected 2 columns");
      }),
      collector("absent", async () => {
        throw new SourceAbsentError("/proc/x: ENOENT");
      }),
      collector("hangs", () => new Promise(() => undefined)),
      works,
    ],
    host,
    { deadlineMs: 20 },
  );

  const reports = await runner.run();

  expect(states(reports)).toEqual({ throws: "failed", absent: "absent", hangs: "failed", works: "ok" });
  expect(reports.map((report) => report.detail)).toEqual([
    "row 3: expected 2 columns",
    "/proc/x: ENOENT",
    "no answer within 0.02 s; it is asked again once this call has returned",
    "",
  ]);
  expect(reports.map((report) => report.samples.length)).toEqual([0, 0, 0, 1]);
});

test("one that throws before its first await is a failure like any other", async () => {
  const throws = collector("throws", () => {
    throw new Error("at once");
  });

  expect((await createCollectorRunner([throws, works], host).run()).map((r) => r.detail)).toEqual(["at once", ""]);
});

test("a hanging collector has its signal aborted and is not started again until it has returned", async () => {
  let calls = 0;
  let finish: (() => void) | undefined;
  let aborted = false;
  const slow = collector("slow", (_host, _options, signal) => {
    calls += 1;
    if (calls > 1) return Promise.resolve([sample(fine, { source: "slow" }, 2)]);
    signal.addEventListener("abort", () => {
      aborted = true;
    });
    return new Promise((resolve) => {
      finish = () => resolve([]);
    });
  });
  let now = 0;
  const runner = createCollectorRunner([slow], host, { deadlineMs: 10, monotonicMs: () => now });

  const first = await runner.run();
  now = 3500;
  const second = await runner.run();
  finish?.();
  await new Promise(setImmediate);
  const third = await runner.run();

  expect([first, second, third].map(states)).toEqual([{ slow: "failed" }, { slow: "failed" }, { slow: "ok" }]);
  expect(aborted).toBe(true);
  expect(second[0]?.detail).toBe("still busy with a call that began 3.5 s ago");
  expect(calls).toBe(2);
});

test("the last success stays known while a collector fails", async () => {
  let broken = false;
  const flaky = collector("flaky", async () => {
    if (broken) throw new Error("gone wrong");
    return [];
  });
  let now = 1_700_000_000_000;
  const runner = createCollectorRunner([flaky], host, { wallClockMs: () => now });

  await runner.run();
  broken = true;
  now += 60_000;
  const [report] = await runner.run();

  expect(report?.state).toBe("failed");
  expect(report?.lastSuccessSeconds).toBe(1_700_000_000);
});

test("notes of a collector that is ok are its detail", async () => {
  const noted = collector("noted", async (_host, _options, _signal, note) => {
    note("eth1: strange");
    note("eth2: stranger");
    return [];
  });

  const [report] = await createCollectorRunner([noted], host).run();

  expect(report).toMatchObject({ state: "ok", detail: "eth1: strange; eth2: stranger" });
});

test("each report becomes one series a state, its duration, and its last success where there was one", () => {
  const report: CollectorReport = {
    name: "nic",
    state: "failed",
    samples: [],
    detail: "x",
    durationSeconds: 0.25,
    lastSuccessSeconds: undefined,
  };

  const values = (r: CollectorReport) =>
    collectorSamples([r]).map((s) => [s.metric.name, s.labels["state"] ?? "", s.value]);

  expect(values(report)).toEqual([
    ["virtloss_collector_state", "ok", 0],
    ["virtloss_collector_state", "absent", 0],
    ["virtloss_collector_state", "failed", 1],
    ["virtloss_collector_duration_seconds", "", 0.25],
  ]);
  expect(values({ ...report, lastSuccessSeconds: 17 })).toContainEqual([
    "virtloss_source_last_success_timestamp_seconds",
    "",
    17,
  ]);
});

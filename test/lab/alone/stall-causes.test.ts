import { setTimeout as sleep } from "node:timers/promises";
import type { StallCause } from "../../../src/prober/stall/attribute.ts";
import { freeze } from "../../support/probing.ts";
import { type StallReport, stalledSeconds, type WatchedThread, watchThread } from "../../support/stalled.ts";
import { atRealTime, createCpuGroup, onCrowdedCpu, startHog } from "../../support/starving.ts";

/** Most of the time that the thread was stalled, at least `seconds` in all, is put down to `cause`. */
function expectCause(report: StallReport, cause: StallCause, seconds: number): void {
  expect(report.seconds[cause] ?? 0).toBeGreaterThan(seconds);
  expect(report.seconds[cause] ?? 0).toBeGreaterThan(0.5 * stalledSeconds(report));
}

async function watch(
  prefix: readonly string[],
  disturb: (thread: WatchedThread) => Promise<unknown>,
): Promise<StallReport> {
  const thread = await watchThread(prefix);
  await sleep(500);
  await disturb(thread);
  return thread.end();
}

test("the witness names the quota of its cgroup", async () => {
  const group = createCpuGroup("causes");

  // On one CPU: the kernel lends time by CPU, and what a thread holds on another lasts it long.
  const inGroup = [...group.prefix, ...onCrowdedCpu];

  const report = await watch(inGroup, async () => {
    const other = await startHog(1000, 0, inGroup);
    group.limit(25);
    await sleep(2500);
    group.limit(100);
    await other.end();
  });

  const throttled = group.timesThrottled();
  group.remove();
  expect(throttled).toBeGreaterThan(10);
  expectCause(report, "throttled", 0.15);
});

test("the witness names a stop, for a long one and for short ones", async () => {
  const report = await watch([], async ({ child }) => {
    for (const milliseconds of [2000, 50, 100, 50, 100]) {
      await freeze(child, milliseconds);
      await sleep(200);
    }
  });

  expectCause(report, "stopped", 2);
  expect(report.stalls.filter(({ cause, ms }) => cause === "stopped" && ms > 30)).toHaveLength(5);
});

test("the witness names a task ahead of it in the queue", async () => {
  const report = await watch(onCrowdedCpu, async () => {
    const other = await startHog(40, 40, atRealTime(10));
    await sleep(2500);
    await other.end();
  });

  expectCause(report, "contended", 0.5);
});

test("the witness costs less than 0.3 ms a second while nothing happens", async () => {
  const report = await watch([], () => sleep(5000));

  expect(report.sweepMicrosPerSecond).toBeLessThan(300);
});

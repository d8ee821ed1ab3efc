import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createWire, inputRules, type Namespace, TARGET, type Wire } from "../../support/lab.ts";
import { expectBooksToBalance, freeze, startProbe } from "../../support/probing.ts";
import {
  expectScrapeToBalance,
  type Scrape,
  type ServingExporter,
  startExporter,
} from "../../support/serving-exporter.ts";
import {
  atRealTime,
  type CpuGroup,
  createCpuGroup,
  type Hog,
  onCrowdedCpu,
  startHog,
  under,
} from "../../support/starving.ts";

const toEnd: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of toEnd.splice(0).reverse()) await end();
});

async function wire(): Promise<Wire> {
  const made = await createWire();
  toEnd.push(() => made.remove());
  return made;
}

function cpuGroup(): CpuGroup {
  const group = createCpuGroup("starve");
  toEnd.push(() => group.remove());
  return group;
}

async function hog(...args: Parameters<typeof startHog>): Promise<Hog> {
  const started = await startHog(...args);
  toEnd.push(() => started.end());
  return started;
}

/** `serve` with one path at 1,000 packets/s. */
async function servePath(where: Namespace, prefix: readonly string[] = []): Promise<ServingExporter> {
  const directory = mkdtempSync(join(tmpdir(), "virtloss-starvation-"));
  toEnd.push(() => rmSync(directory, { recursive: true }));
  const config = join(directory, "virtloss.yaml");
  writeFileSync(config, `paths: [{name: lossy, scope: colocated, target: ${TARGET}, rate: 1000, sizes: [64]}]\n`);
  const exporter = await startExporter(where, ["--config", config], prefix);
  toEnd.push(() => exporter.stop());
  return exporter;
}

const packets = (scrape: Scrape, name: string) => scrape.sum(`virtloss_probe_${name}_packets_total`, { path: "lossy" });

/** The target drops every second request, and counts what it dropped. */
const everySecond = inputRules(`icmp type echo-request numgen inc mod 2 == 0 counter drop comment "half"`);

/** On one CPU: the kernel lends a group's time by CPU, and what a thread holds on another lasts it long. */
const inGroup = (group: CpuGroup) => [...group.prefix, ...onCrowdedCpu];

describe("an engine whose cgroup has used up its quota, while every second request is dropped", () => {
  test("loses what was dropped, exactly, and voids nothing", async () => {
    const group = cpuGroup();
    const { prober, target } = await wire();
    await target.nft(everySecond);
    const running = startProbe(under(inGroup(group), prober), TARGET, "--count", "1500", "--rate", "1000");
    await sleep(1000);
    const other = await hog(1000, 0, inGroup(group));
    group.limit(40);

    const finished = await running.result;

    await other.end();
    expect(group.timesThrottled()).toBeGreaterThan(10);
    expect(finished).toMatchObject({ sent: 1500, lost: await target.counted("half"), void: 0, late: 0 });
    expect(finished.lost).toBe(750);
    expectBooksToBalance(finished);
    expect(finished.prober.longestStallSeconds).toBeGreaterThan(0.03);
    expect(finished.prober.lateSends).toBeGreaterThan(100);
  });

  test("counts the losses beside its stalls, and balances its books in each scrape", async () => {
    const group = cpuGroup();
    const { prober, target } = await wire();
    await target.nft(everySecond);
    const exporter = await servePath(prober, inGroup(group));
    const other = await hog(1000, 0, inGroup(group));
    group.limit(40);

    for (let scrape = 0; scrape < 6; scrape++) {
      await sleep(500);
      expectScrapeToBalance(await exporter.scrape(), "lossy");
    }
    group.limit(100);
    await other.end();

    const last = await exporter.scrape();
    expect(last.sum("virtloss_prober_stall_seconds_count")).toBeGreaterThan(10);
    expect(packets(last, "void")).toBe(0);
    expect(packets(last, "stalled_lost")).toBeGreaterThan(0);
    expect(packets(last, "stalled_lost")).toBeLessThan(packets(last, "lost"));
  });
});

test("an engine that stands in the queue behind another task loses and voids nothing", async () => {
  const { prober } = await wire();
  const other = await hog(40, 40, atRealTime(10));

  const finished = await startProbe(under(onCrowdedCpu, prober), TARGET, "--count", "1500", "--rate", "1000").result;

  await other.end();
  expect(finished).toMatchObject({ sent: 1500, received: 1500, lost: 0, void: 0, late: 0 });
  expect(finished.prober.longestStallSeconds).toBeGreaterThan(0.02);
});

test("of what is lost while the process is stopped again and again, only what was under way is counted as stalled", async () => {
  const { prober, target } = await wire();
  await target.nft(inputRules(`icmp type echo-request counter drop comment "all"`));
  const exporter = await servePath(prober);

  const stops = 15;
  for (let stop = 0; stop < stops; stop++) {
    await sleep(50 + 10 * Math.random());
    await freeze(exporter.child, 60);
  }

  await sleep(1500); // the verdicts
  const last = await exporter.scrape();
  expectScrapeToBalance(last, "lossy");
  expect(packets(last, "lost")).toBeGreaterThan(300);
  expect(packets(last, "void")).toBe(0);
  // With 1 ms between packets, and flights that are taken to last 1 ms, some 2 are under way; a busy machine has stalls of its own.
  expect(packets(last, "stalled_lost")).toBeGreaterThan(0);
  expect(packets(last, "stalled_lost")).toBeLessThan(packets(last, "lost") / 4);
});

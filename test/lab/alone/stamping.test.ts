import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createNamespace, type Namespace } from "../../support/lab.ts";
import { probe } from "../../support/probing.ts";
import { expectScrapeToBalance, type Scrape, startExporter } from "../../support/serving-exporter.ts";
import { stampingIsOn } from "../../support/stamping.ts";
import { atRealTime, startHog } from "../../support/starving.ts";

let namespace: Namespace;
let directory: string;
beforeEach(async () => {
  namespace = await createNamespace("stamps");
  directory = mkdtempSync(join(tmpdir(), "virtloss-stamping-"));
});
afterEach(async () => {
  await namespace.remove();
  rmSync(directory, { recursive: true });
});

// Where a turn of ordinary tasks falls between the sockets' opening and the first packets, nothing is missing: other moments then.
const PHASES_MS = [0, 250, 500, 750, 125, 375, 625, 875];

/**
 * Starts the exporter while a task at real-time priority starves the work by which the kernel switches receive stamps on; the
 * exporter itself is ahead of that task. Everything is on one CPU; the kernel leaves 50 ms of each second to ordinary tasks.
 * @param phaseMs time between the starts of both, which shifts those 50 ms against the exporter's start
 */
async function serveWithoutDeferredWork(phaseMs: number): Promise<Scrape> {
  const config = join(directory, "virtloss.yaml");
  writeFileSync(config, "paths: [{name: self, scope: control, target: 127.0.0.1, rate: 1000, sizes: [64]}]\n");
  const hog = await startHog(1000, 0, atRealTime(10));
  await sleep(phaseMs);
  const exporter = await startExporter(namespace, ["--config", config], atRealTime(20));
  await sleep(1500);
  const scrape = await exporter.scrape();
  await hog.end();
  await exporter.stop();
  return scrape;
}

test("where the kernel's stamps are missing at first, they are counted, and no RTT is made of them", async () => {
  let missing = 0;
  let alreadyOn = 0;

  for (const phaseMs of PHASES_MS) {
    if (missing > 0) break;
    if (await stampingIsOn()) alreadyOn++;
    const scrape = await serveWithoutDeferredWork(phaseMs);

    const received = scrape.sum("virtloss_probe_received_packets_total");
    const withRtt = scrape.sum("virtloss_probe_rtt_seconds_count");
    const rttSum = scrape.sum("virtloss_probe_rtt_seconds_sum");
    missing = scrape.sum("virtloss_prober_missing_stamps_total", { direction: "receive" });
    expectScrapeToBalance(scrape, "self");
    expect(received).toBeGreaterThan(500);
    expect(scrape.sum("virtloss_probe_lost_packets_total")).toBe(0);
    expect(withRtt + scrape.sum("virtloss_prober_missing_stamps_total")).toBe(received);
    // A stamp read as 0 would make each RTT minus half a century, one of another packet a millisecond or more.
    expect(rttSum).toBeGreaterThanOrEqual(0);
    expect(rttSum).toBeLessThan(withRtt * 0.001);
  }

  // Where another program had stamping on all the time, nothing could be missing.
  expect(missing > 0 || alreadyOn === PHASES_MS.length).toBe(true);
}, 60_000);

test("a flood at real-time priority makes no RTT negative", async () => {
  const flood = namespace.spawn([...atRealTime(10), "ping", "-f", "-q", "-w", "4", "127.0.0.1"]);

  const result = await probe(namespace, "127.0.0.1", "--count", "2000", "--rate", "1000");

  flood.kill("SIGINT");
  expect(result).toMatchObject({ sent: 2000, received: 2000, lost: 0, void: 0 });
  expect(result.rttSeconds.min).toBeGreaterThan(0);
  expect(result.rttSeconds.max).toBeLessThan(1);
});

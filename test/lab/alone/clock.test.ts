import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createWire, inputRules, TARGET, type Wire } from "../../support/lab.ts";
import { expectBooksToBalance, startProbe } from "../../support/probing.ts";
import { expectScrapeToBalance, startExporter } from "../../support/serving-exporter.ts";
import { under } from "../../support/starving.ts";

const stepping = fileURLToPath(new URL("../../support/stepping-clock.mjs", import.meta.url));
/** The wall clock is set by an hour, forward or back, some thirty times a second. */
const stepped = ["env", `NODE_OPTIONS=--import=${stepping}`];

let wire: Wire;
beforeEach(async () => {
  wire = await createWire();
});
afterEach(async () => {
  await wire.remove();
});

test("a wall clock that is set by an hour again and again loses nothing, and makes no RTT wrong", async () => {
  const finished = await startProbe(under(stepped, wire.prober), TARGET, "--count", "3000", "--rate", "1000").result;

  expect(finished).toMatchObject({ sent: 3000, received: 3000, lost: 0, void: 0, late: 0, duplicates: 0 });
  // The packets that saw a step have no RTT; the others have theirs.
  expect(finished.prober.timestamps).toBe("partial");
  expect(finished.rttSeconds.min).toBeGreaterThan(0);
  expect(finished.rttSeconds.max).toBeLessThan(1);
});

test("what is lost meanwhile is lost, to the packet", async () => {
  await wire.target.nft(inputRules(`icmp type echo-request numgen inc mod 10 == 0 counter drop comment "tenth"`));

  const finished = await startProbe(under(stepped, wire.prober), TARGET, "--count", "2000", "--rate", "1000").result;

  expect(finished).toMatchObject({ sent: 2000, lost: await wire.target.counted("tenth"), void: 0, late: 0 });
  expect(finished.lost).toBe(200);
  expectBooksToBalance(finished);
});

test("the exporter counts the replies that have no RTT for it, and no RTT that is none", async () => {
  const directory = mkdtempSync(join(tmpdir(), "virtloss-clock-"));
  const config = join(directory, "virtloss.yaml");
  writeFileSync(config, `paths: [{name: stepped, scope: colocated, target: ${TARGET}, rate: 1000, sizes: [64]}]\n`);
  const exporter = await startExporter(wire.prober, ["--config", config], stepped);
  await sleep(2000);

  const scrape = await exporter.scrape();

  await exporter.stop();
  rmSync(directory, { recursive: true });
  expectScrapeToBalance(scrape, "stepped");
  const received = scrape.sum("virtloss_probe_received_packets_total");
  const missing = scrape.sum("virtloss_prober_missing_stamps_total");
  expect(received).toBeGreaterThan(500);
  expect(missing).toBeGreaterThan(0);
  expect(scrape.sum("virtloss_probe_rtt_seconds_count") + missing).toBe(received);
  expect(scrape.sum("virtloss_probe_rtt_seconds_sum")).toBeGreaterThan(0);
  expect(scrape.sum("virtloss_probe_rtt_seconds_sum")).toBeLessThan(received * 0.01);
});

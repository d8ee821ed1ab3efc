import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createNamespace, type Namespace } from "../support/lab.ts";
import { EXPORTER } from "../support/servers.ts";
import {
  expectScrapeToBalance,
  readScrape,
  type Scrape,
  type ServingExporter,
  startExporter,
} from "../support/serving-exporter.ts";

const PORT = 9180;
const url = `http://127.0.0.1:${PORT}/paths.json`;
const sdFiles = fileURLToPath(new URL("../support/sd-files.mjs", import.meta.url));

let where: Namespace;
let directory: string;
let sd: ChildProcess;
let questions: string[];
let exporter: ServingExporter | undefined;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "virtloss-discovery-"));
  where = await createNamespace("discovery");
  questions = [];
  sd = where.spawn([process.execPath, sdFiles, String(PORT), directory]);
  sd.stdout?.on("data", (data: Buffer) => questions.push(...data.toString().trim().split("\n")));
  while (!questions.includes("ready")) await sleep(20);
});

afterEach(async () => {
  await exporter?.stop();
  exporter = undefined;
  const gone = once(sd, "exit");
  sd.kill();
  await gone;
  await where.remove();
  rmSync(directory, { recursive: true });
});

function write(name: string, text: string): string {
  const file = join(directory, name);
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
  return file;
}

async function serve(config: string, prefix: readonly string[] = []): Promise<ServingExporter> {
  exporter = await startExporter(where, ["--config", write("virtloss.yaml", config)], prefix);
  return exporter;
}

function answerOf(targets: readonly string[]): string {
  return JSON.stringify([{ targets }]);
}

/** A scrape that leaves out what is not asked about: 5,000 paths have 230,000 series. */
async function scrapeOnly(pattern: string): Promise<Scrape> {
  return readScrape(await where.sh(`curl -sSf ${EXPORTER}/metrics | grep -E '${pattern}' || true`));
}

function pathsOf(scrape: Scrape): string[] {
  return [...scrape.text.matchAll(/^virtloss_probe_sent_packets_total\{path="([^"]+)"/gm)].map(([, path = ""]) => path);
}

async function until(what: string, seconds: number, isTrue: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`not within ${seconds} s: ${what}\n${exporter?.log()}`);
    await sleep(100);
  }
}

test("of 5,000 paths one goes and one comes: all others keep their counters", async () => {
  const targets = Array.from({ length: 5001 }, (_, i) => `127.1.${i >> 8}.${i & 255}`);
  const [going = "", ...staying] = targets.slice(0, 5000);
  const coming = targets[5000] ?? "";
  write("paths.json", answerOf([going, ...staying]));
  const running = await serve(`web: {enable_lifecycle: true}
path_urls:
  - {url: "${url}", refresh: 1s, labels: {__scope__: control, __rate__: "0.2", __sizes__: "64"}}
`);
  const sent = "probe_(sent|received|lost|void|in_flight)?_?packets(_total)?\\{|^virtloss_discovery";
  const scrapeUntilSent = async (packets: number) => {
    let scrape = await scrapeOnly(sent);
    await until(`${packets} packets`, 20, async () => {
      scrape = await scrapeOnly(sent);
      return scrape.sum("virtloss_probe_sent_packets_total") > packets;
    });
    return scrape;
  };
  const found = () => running.log().split('"a source named other paths"').length - 1;
  await until("5,000 paths", 20, () => found() === 1);
  const before = await scrapeUntilSent(2500);

  write("paths.json", answerOf([...staying, coming]));
  await until("the change", 10, () => found() === 2);
  const after = await scrapeUntilSent(before.sum("virtloss_probe_sent_packets_total") + 1000);

  expect(new Set(pathsOf(before))).toEqual(new Set([going, ...staying]));
  expect(new Set(pathsOf(after))).toEqual(new Set([...staying, coming]));
  const counts = (scrape: Scrape) =>
    new Map(
      [...scrape.text.matchAll(/^virtloss_probe_sent_packets_total\{path="([^"]+)".*\} (\d+)$/gm)].map(
        ([, path = "", count]) => [path, Number(count)] as const,
      ),
    );
  const [was, is] = [counts(before), counts(after)];
  expect(staying.filter((path) => (is.get(path) ?? -1) < (was.get(path) ?? 0))).toEqual([]);
  const total = (scrape: Map<string, number>) => staying.reduce((sum, path) => sum + (scrape.get(path) ?? 0), 0);
  expect(total(was)).toBeGreaterThan(2000);
  expect(total(is)).toBeGreaterThan(total(was));
  for (const path of staying.slice(0, 20)) expectScrapeToBalance(after, path);
  expect(after.sum("virtloss_probe_lost_packets_total")).toBe(0);
  expect(after.value("virtloss_discovery_paths", { source: url })).toBe(5000);

  // A reload of everything, too, touches none of them; its time is what the operator waits.
  const seconds = Number(await running.get("/-/reload", "-X", "POST", "-o", "/dev/null", "-w", "%{time_total}"));
  const reloaded = counts(await scrapeOnly("probe_sent_packets_total"));
  expect(staying.filter((path) => (reloaded.get(path) ?? -1) < (is.get(path) ?? 0))).toEqual([]);
  expect(seconds).toBeLessThan(2);
}, 60_000);

test("a source that hangs, fails or is wrong holds up nothing and removes nothing; ready waits for its first try", async () => {
  write("paths.json", "");
  const running = await serve(`paths: [{name: own, scope: control, target: 127.0.0.1, rate: 50}]
path_urls: [{url: "${url}?token=s3cret", refresh: 1s, timeout: 4s, labels: {__scope__: control}}]
`);

  expect(await running.get("/-/ready", "-w", "%{http_code}")).toMatch(new RegExp(`waiting for .*${url}.*\n503$`));
  expect(await running.get("/-/healthy", "-f")).toBe("healthy\n");
  await until("ready", 15, async () => (await running.get("/-/ready")) === "ready\n");
  const hung = await running.scrape();
  expect(hung.value("virtloss_discovery_failures_total", { source: url })).toBe(1);
  expect(hung.value("virtloss_discovery_last_success_timestamp_seconds", { source: url })).toBeUndefined();
  expect(hung.sum("virtloss_probe_received_packets_total", { path: "own" })).toBeGreaterThan(20);

  write("paths.json", answerOf(["127.0.0.2", "127.0.0.3"]));
  await running.until("two paths", 15, (s) => s.value("virtloss_discovery_paths", { source: url }) === 2);
  for (const wrong of [answerOf(["127.0.0.4", "no target"]), "[", undefined]) {
    const { length } = questions;
    if (wrong === undefined) rmSync(join(directory, "paths.json"));
    else write("paths.json", wrong);
    await until("another question", 15, () => questions.length > length + 1);
  }
  const failed = await running.scrape();
  expect(pathsOf(failed)).toEqual(["own", "127.0.0.2", "127.0.0.3"]);
  expect(failed.value("virtloss_discovery_failures_total", { source: url })).toBeGreaterThanOrEqual(4);
  expect(await running.get("/")).toContain("those it named last stay: it answers with status 500");

  write("paths.json", answerOf([]));
  await running.until("no path", 15, (s) => s.value("virtloss_discovery_paths", { source: url }) === 0);
  expect(pathsOf(await running.scrape())).toEqual(["own"]);
  const log = running.log();
  expect(log.split("no whole answer within the timeout").length - 1).toBe(1);
  expect(log).toContain("is well again");
  expect(log + (await running.scrape()).text + (await running.get("/"))).not.toContain("s3cret");
}, 60_000);

test("the addresses of a name are paths that come and go with its records", async () => {
  const hosts = write("hosts", "127.0.0.5 db.lab.example\n");
  // Written in place: what is mounted is this very file.
  const change = (text: string) => writeFileSync(hosts, text);
  const mount = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', hosts];
  const running = await serve("path_names: [{name: db.lab.example, scope: control, refresh: 1s, rate: 50}]\n", mount);
  await running.until("a reply", 10, (s) => s.sum("virtloss_probe_received_packets_total") > 5);
  const before = await running.scrape();

  change("127.0.0.5 db.lab.example\n127.0.0.6 db.lab.example\n");
  const after = await running.until("the second path", 10, (s) => pathsOf(s).length === 2);
  change("127.0.0.6 db.lab.example\n");
  const last = await running.until("one path", 10, (s) => pathsOf(s).length === 1);

  const kept = (scrape: Scrape) =>
    scrape.sum("virtloss_probe_sent_packets_total", { path: "db.lab.example/127.0.0.5" });
  expect(kept(after)).toBeGreaterThanOrEqual(kept(before));
  expect(pathsOf(last)).toEqual(["db.lab.example/127.0.0.6"]);
});

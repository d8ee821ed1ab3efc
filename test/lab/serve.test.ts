import { once } from "node:events";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createWire, inputRules, run, TARGET, TARGET6, type Wire } from "../support/lab.ts";
import {
  expectScrapeToBalance,
  type Scrape,
  type ServingExporter,
  startExporter,
} from "../support/serving-exporter.ts";

let wire: Wire;
let directory: string;
let exporter: ServingExporter | undefined;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "virtloss-serve-"));
  wire = await createWire();
});
afterEach(async () => {
  await exporter?.stop();
  exporter = undefined;
  await wire.remove();
  rmSync(directory, { recursive: true });
});

/** Writes a file of the test's directory in one step, as configuration management does. */
function write(name: string, text: string): string {
  const file = join(directory, name);
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
  return file;
}

async function serve(config: string): Promise<ServingExporter> {
  exporter = await startExporter(wire.prober, ["--config", write("virtloss.yaml", config)]);
  return exporter;
}

const sent = (scrape: Scrape, path: string) => scrape.value("virtloss_probe_sent_packets_total", { path });
const pathsOf = (scrape: Scrape) =>
  [...scrape.text.matchAll(/^virtloss_probe_sent_packets_total\{.*?path="([^"]+)"/gm)].map(([, name]) => name).sort();

test("the counters of every configured path are 0 in the first scrape, for each of its sizes", async () => {
  const running = await serve(`
paths:
  - {name: slow, scope: colocated, target: ${TARGET}, rate: 0.00001}
  - {name: nowhere, scope: external, target: no-such-name.invalid, sizes: [64]}
`);

  const first = await running.scrape();

  expect(pathsOf(first)).toEqual(["nowhere", "slow"]);
  for (const name of ["sent", "received", "late", "duplicate", "reordered"]) {
    for (const path of ["slow", "nowhere"]) {
      expect([name, path, first.value(`virtloss_probe_${name}_packets_total`, { path })]).toEqual([name, path, 0]);
    }
  }
  for (const size of ["64", "512", "1400", "random"]) {
    expect(first.value("virtloss_probe_packets_total", { path: "slow", size })).toBe(0);
    expect(first.value("virtloss_probe_lost_packets_total", { path: "slow", size })).toBe(0);
  }
  expect(first.value("virtloss_probe_loss_bursts_total", { path: "nowhere" })).toBe(0);
  expect(first.value("virtloss_probe_rtt_seconds_count", { path: "nowhere" })).toBe(0);
});

test("a name that does not resolve is told as failed, and the other paths are probed", async () => {
  const running = await serve(`
paths:
  - {name: nowhere, scope: external, target: no-such-name.invalid}
  - {name: db, scope: colocated, target: ${TARGET}, rate: 100}
`);

  const failed = await running.until(
    "a path that failed, and one that does not",
    25,
    (s) => s.sum("virtloss_probe_path_failed") > 0 && s.sum("virtloss_probe_received_packets_total") > 50,
  );

  expect(failed.value("virtloss_probe_path_failed", { path: "nowhere", reason: "unresolved" })).toBe(1);
  expect(failed.sum("virtloss_probe_path_failed")).toBe(1);
  expect(failed.sum("virtloss_probe_lost_packets_total")).toBe(0);
  expect(sent(failed, "nowhere")).toBe(0);
  expect(await running.get("/")).toContain("no-such-name.invalid has no address");
  expect(await running.get("/-/ready")).toBe("ready\n");
}, 40_000);

describe("a reload by SIGHUP", () => {
  const steady = `{name: steady, scope: colocated, target: ${TARGET}, rate: 200}`;
  const reloaded = async (config: string) => {
    write("virtloss.yaml", config);
    const before = (await running().scrape()).value("virtloss_config_last_reload_success_timestamp_seconds") ?? 0;
    running().child.kill("SIGHUP");
    return running().until(
      "a reload",
      10,
      (s) => (s.value("virtloss_config_last_reload_success_timestamp_seconds") ?? 0) > before,
    );
  };
  const running = () => {
    if (!exporter) throw new Error("no exporter runs");
    return exporter;
  };

  test("adds and removes paths; one that stays, or gets another rate and sizes, keeps its counters", async () => {
    await serve(`paths:
  - ${steady}
  - {name: tuned, scope: colocated, target: "${TARGET6}", rate: 200, sizes: [64, 512]}
  - {name: going, scope: control, target: 127.0.0.1}
`);
    await running().until(
      "packets",
      10,
      (s) => s.sum("virtloss_probe_received_packets_total", { path: "tuned" }) > 200,
    );
    const before = await running().scrape();

    const after = await reloaded(`paths:
  - ${steady}
  - {name: tuned, scope: colocated, target: "${TARGET6}", rate: 400, sizes: [512, 1400]}
  - {name: coming, scope: control, target: 127.0.0.1, rate: 100}
`);

    expect(pathsOf(after)).toEqual(["coming", "steady", "tuned"]);
    for (const path of ["steady", "tuned"]) expect(sent(after, path)).toBeGreaterThanOrEqual(sent(before, path) ?? 0);
    const tuned = (scrape: Scrape, size: string) =>
      scrape.value("virtloss_probe_packets_total", { path: "tuned", size });
    expect(tuned(after, "64")).toBeGreaterThanOrEqual(tuned(before, "64") ?? 0);
    await sleep(1000);
    const later = await running().scrape();
    // What was in flight at the reload is judged; nothing of 64 bytes comes after it.
    expect((tuned(later, "64") ?? 0) - (tuned(before, "64") ?? 0)).toBeLessThan(100);
    expect(tuned(later, "1400")).toBeGreaterThan(50);
    expect(sent(later, "coming")).toBeGreaterThan(20);
    expect(later.sum("virtloss_probe_lost_packets_total")).toBe(0);
    expect(later.sum("virtloss_probe_void_packets_total")).toBe(0);
    for (const path of ["steady", "tuned", "coming"]) expectScrapeToBalance(later, path);
  });

  test("of a wrong file changes nothing but a metric and the log, which names file, line and key; mended, it counts", async () => {
    await serve(`paths:\n  - ${steady}\n`);
    await running().until("packets", 10, (s) => (sent(s, "steady") ?? 0) > 100);
    const good = await running().scrape();
    expect(good.value("virtloss_config_last_reload_successful")).toBe(1);

    write("virtloss.yaml", `paths:\n  - ${steady}\n  - {name: new, scope: nearby, target: 127.0.0.1}\n`);
    running().child.kill("SIGHUP");
    const bad = await running().until(
      "a reload that failed",
      10,
      (s) => s.value("virtloss_config_last_reload_successful") === 0,
    );

    expect(pathsOf(bad)).toEqual(["steady"]);
    expect(sent(bad, "steady")).toBeGreaterThanOrEqual(sent(good, "steady") ?? 0);
    expect(bad.value("virtloss_config_last_reload_success_timestamp_seconds")).toBe(
      good.value("virtloss_config_last_reload_success_timestamp_seconds"),
    );
    expect(running().log()).toContain(`${join(directory, "virtloss.yaml")}:3:24: paths[1].scope: expected`);
    expect(await running().get("/")).toContain("The configuration on disk is wrong");

    const mended = await reloaded(`paths:\n  - ${steady}\n  - {name: new, scope: control, target: 127.0.0.1}\n`);
    expect(mended.value("virtloss_config_last_reload_successful")).toBe(1);
    expect(pathsOf(mended)).toEqual(["new", "steady"]);
    expect(sent(mended, "steady")).toBeGreaterThanOrEqual(sent(bad, "steady") ?? 0);
  });
});

test("POST /-/reload is refused until it is allowed; then it loads, and says what is wrong", async () => {
  const config = (lifecycle: boolean, paths: string) => `web: {enable_lifecycle: ${lifecycle}}\npaths: ${paths}\n`;
  const loopback = "[{name: a, scope: control, target: 127.0.0.1}]";
  const status = ["-w", "%{http_code}"];
  const off = await serve(config(false, loopback));
  expect(await off.get("/-/reload", "-X", "POST", ...status)).toMatch(/^reloading over HTTP is off.*\n403$/);
  await off.stop();

  const on = await serve(config(true, loopback));
  write("virtloss.yaml", config(true, "[{name: b, scope: control, target: 127.0.0.1}]"));
  expect(await on.get("/-/reload", ...status)).toMatch(/\n405$/);
  expect(pathsOf(await on.scrape())).toEqual(["a"]);
  expect(await on.get("/-/reload", "-X", "POST", ...status)).toBe("configuration reloaded\n200");
  expect(pathsOf(await on.scrape())).toEqual(["b"]);

  write("virtloss.yaml", config(true, "7"));
  expect(await on.get("/-/reload", "-X", "POST", ...status)).toMatch(
    /^the running configuration stays: .*virtloss\.yaml:2:8: paths: expected a list, got 7\n500$/,
  );
  expect(pathsOf(await on.scrape())).toEqual(["b"]);
});

test("a path file that changes is taken up within 15 s, and a wrong one leaves what runs", async () => {
  const file = (targets: string) => `[{"targets": [${targets}], "labels": {"__scope__": "control", "__rate__": "50"}}]`;
  write("paths.json", file('"127.0.0.1"'));
  const running = await serve("path_files: [paths.json]\n");
  await running.until("packets", 10, (s) => (sent(s, "127.0.0.1") ?? 0) > 10);
  const before = await running.scrape();

  write("paths.json", file('"127.0.0.1", "127.0.0.2"'));
  const after = await running.until("the second path", 15, (s) => pathsOf(s).length === 2);
  expect(sent(after, "127.0.0.1")).toBeGreaterThanOrEqual(sent(before, "127.0.0.1") ?? 0);

  write("paths.json", "{");
  const bad = await running.until(
    "a failed reload",
    15,
    (s) => s.value("virtloss_config_last_reload_successful") === 0,
  );
  expect(pathsOf(bad)).toEqual(["127.0.0.1", "127.0.0.2"]);
  expect(running.log()).toContain("paths.json:1:");
}, 60_000);

test("without paths only loopback is probed: in 5 s no packet leaves by another interface", async () => {
  // The kernel's own neighbour discovery is not what is asked about.
  await wire.prober.sh("sysctl -qw net.ipv6.conf.v0.disable_ipv6=1");
  await wire.prober.nft(`table inet lab {
  chain output {
    type filter hook output priority 0
    oifname "lo" icmp type echo-request counter comment "loopback"
    oifname != "lo" counter comment "elsewhere"
  }
}
`);
  exporter = await startExporter(wire.prober, []);

  await sleep(5000);

  expect(await wire.prober.counted("elsewhere")).toBe(0);
  expect(await wire.prober.counted("loopback")).toBeGreaterThan(50);
  const scrape = await exporter.scrape();
  expect(pathsOf(scrape)).toEqual(["loopback"]);
  expect(scrape.value("virtloss_probe_packets_total", { scope: "control", size: "64" })).toBeGreaterThan(10);
  expect(exporter.log()).toContain("--path gateway=default-gateway");
  // The rule can count: a packet to the target does leave.
  await wire.prober.sh(`ping -q -c 1 ${TARGET}`);
  expect(await wire.prober.counted("elsewhere")).toBe(1);
});

test("in each of 20 scrapes under load, every attempt has a verdict, is void, or is in flight", async () => {
  await wire.target.nft(inputRules("icmp type echo-request numgen random mod 20 == 0 drop"));
  const running = await serve(`paths:
  - {name: a, scope: colocated, target: ${TARGET}, rate: 500, timeout: 100ms}
  - {name: b, scope: colocated, target: "${TARGET6}", rate: 500}
  - {name: c, scope: control, target: 127.0.0.1, rate: 500}
`);
  await running.until("load", 10, (s) => s.sum("virtloss_probe_received_packets_total") > 500);

  const scrapes: Scrape[] = [];
  for (let i = 0; i < 20; i++) scrapes.push(await running.scrape());

  for (const scrape of scrapes) for (const path of ["a", "b", "c"]) expectScrapeToBalance(scrape, path);
  const flights = scrapes.map((scrape) => scrape.sum("virtloss_probe_in_flight_packets", { path: "a" }));
  expect(Math.max(...flights)).toBeGreaterThan(0);
  const last = scrapes.at(-1) as Scrape;
  expect(last.sum("virtloss_probe_lost_packets_total", { path: "a" })).toBeGreaterThan(0);
  expect(sent(last, "b")).toBeGreaterThan((sent(scrapes[0] as Scrape, "b") ?? 0) + 50);
});

test("SIGTERM while scrapes are under way: exit 0 within 5 s, every answer whole, no process left", async () => {
  const running = await serve(`paths: [{scope: colocated, target: ${TARGET}, rate: 500}]`);
  await running.until("packets", 10, (s) => s.sum("virtloss_probe_received_packets_total") > 100);
  // Never ends its request: it must not hold the exporter up.
  const silent = wire.prober.spawn([
    "bash",
    "-c",
    "exec 3<>/dev/tcp/127.0.0.1/10862; printf 'GET /metrics HTTP/1.1\\r\\n' >&3; exec sleep 20",
  ]);
  const scraping = wire.prober.spawn([
    "sh",
    "-c",
    "while curl -fsS -o /dev/null -w '%{size_download} ' http://127.0.0.1:10862/metrics; do :; done",
  ]);
  let sizes = "";
  scraping.stdout?.on("data", (data: Buffer) => {
    sizes += data;
  });
  const scrapingEnded = once(scraping, "close");
  await sleep(1000);

  const { code, seconds } = await running.stop();
  exporter = undefined;
  await scrapingEnded;
  const silentEnded = once(silent, "close");
  silent.kill();
  await silentEnded;
  const left = await run("ip", ["netns", "pids", wire.prober.name]);

  expect(code).toBe(0);
  expect(seconds).toBeLessThan(5);
  expect(left.stdout).toBe("");
  // The scrape that came too late got nothing at all, and none got a part.
  const answers = sizes.trim().split(" ").map(Number);
  expect(answers.length).toBeGreaterThan(5);
  expect(answers.pop()).toBe(0);
  expect(Math.min(...answers)).toBeGreaterThan(10_000);
});

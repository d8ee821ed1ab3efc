import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { defaultThresholds } from "../../src/analysis/thresholds.ts";
import { collectors } from "../../src/collectors/index.ts";
import { collectorOptions } from "../../src/collectors/options.ts";
import { perServer } from "../../src/collectors/per-server.ts";
import { collectorSamples } from "../../src/collectors/report.ts";
import { createCollectorRunner } from "../../src/collectors/run.ts";
import { severalTell } from "../../src/collectors/shared-machines.ts";
import type { AnySample } from "../../src/metrics/define.ts";
import type { ExpositionFormat, LineFamily } from "../../src/metrics/exposition.ts";
import { selfSamples } from "../../src/metrics/self-samples.ts";
import { createMetricStore } from "../../src/metrics/store.ts";
import { createPathLabels } from "../../src/prober/path-labels.ts";
import { type ProbedPath, pathFamilies, proberSamples } from "../../src/prober/samples.ts";
import { ENGINE, SLOT_WORDS, STREAM } from "../../src/prober/tally.ts";
import { createFixtureHost } from "../support/fixture-host.ts";
import { checkMetrics } from "../support/promtool.ts";

/** One path that lost a run of three and one more packet, of which one was void, over IPv4. */
function probed(): { families: LineFamily[]; self: AnySample[] } {
  const tally = new Float64Array(SLOT_WORDS);
  const set = (at: number, value: number) => {
    tally[at] = value;
  };
  set(STREAM.sent, 1003);
  set(STREAM.received, 997);
  set(STREAM.inFlight, 1);
  set(STREAM.packets, 251);
  for (let size = 1; size < 4; size++) set(STREAM.packets + size, 250);
  set(STREAM.lost, 4);
  set(STREAM.bursts, 2);
  set(STREAM.burstSquared, 10);
  set(STREAM.burst, 1);
  set(STREAM.burst + 2, 1);
  set(STREAM.burstSum, 4);
  set(STREAM.rtt + 4, 997);
  set(STREAM.rttSum, 0.12);
  set(STREAM.void, 1);
  const path: ProbedPath = {
    path: "db",
    scope: "colocated",
    protocol: "icmp",
    sizes: [64, 512, 1400, "random"],
    target: "db.example",
    address: "192.0.2.12",
    slot: 1,
    labels: createPathLabels("db", "colocated", "icmp"),
    failure: undefined,
  };
  const engine = new Float64Array(SLOT_WORDS);
  engine[ENGINE.receiveBuffer] = 33_554_432;
  const snapshot = { engine, stream: () => tally };
  const uuid = "4c4c4544-0042-3510-8058-b4c04f4d3231";
  return { families: pathFamilies([path], snapshot, uuid, 5e9), self: proberSamples(engine, 0) };
}

const self = selfSamples({
  version: "0.0.0",
  node: "v20.0.0",
  startedAtSeconds: 1_700_000_000,
  lastReloadOk: true,
  configLoadedAtSeconds: 1_700_000_000,
  thresholds: defaultThresholds,
  cpuSeconds: 1.5,
  residentBytes: 80_000_000,
});

async function expose(format: ExpositionFormat): Promise<string> {
  const configured = collectors.flatMap((collector) => {
    const options = collectorOptions[collector.name];
    return perServer(collector, options instanceof z.ZodObject ? options.parse({}) : options?.parse(undefined));
  });
  const runner = createCollectorRunner(configured, createFixtureHost("linux-6.1-qemu"), {
    monotonicMs: () => 0,
    wallClockMs: () => 1_700_000_000_000,
  });
  const store = createMetricStore(severalTell);
  const reports = await runner.run();
  for (const { name, samples } of reports) store.replace(name, samples);
  store.replace("collectors", collectorSamples(reports));
  store.replaceFamilies("paths", probed().families);
  store.replace("prober", probed().self);
  store.replace("self", self);
  let text = "";
  for await (const piece of store.render(format)) text += piece;
  return text;
}

describe.each([
  ["text", "metrics.txt"],
  ["openmetrics", "openmetrics.txt"],
] as const)("the exposition of a fixture machine in format %s", (format, name) => {
  const file = new URL(`../golden/${name}`, import.meta.url);

  test(`equals test/golden/${name}`, async () => {
    const exposition = await expose(format);

    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, exposition);
    expect(exposition).toBe(readFileSync(file, "utf8"));
  });
});

test("promtool finds nothing to say against it", async () => {
  expect(checkMetrics(await expose("text"))).toBe("");
});

test("promtool does object to a bad exposition", () => {
  expect(checkMetrics("# HELP virtloss_x_total X.\n# TYPE virtloss_x_total gauge\nvirtloss_x_total 1\n")).toContain(
    "virtloss_x_total",
  );
});

test("a path with four sizes has 50 series, and one more for each reason that came up", () => {
  const series = probed()
    .families.flatMap(({ lines }) => [...lines])
    .join("")
    .match(/\n/g);

  expect(series).toHaveLength(50 + 1);
});

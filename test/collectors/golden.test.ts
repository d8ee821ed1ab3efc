import { readFileSync, writeFileSync } from "node:fs";
import { collectors } from "../../src/collectors/index.ts";
import { collectorSamples, createCollectorRunner } from "../../src/collectors/run.ts";
import { createMetricStore, type ExpositionFormat } from "../../src/metrics/store.ts";
import { createFixtureHost } from "../support/fixture-host.ts";
import { checkMetrics } from "../support/promtool.ts";

async function expose(format: ExpositionFormat): Promise<string> {
  const configured = collectors.map((collector) => ({ collector, options: collector.options.parse({}) }));
  const runner = createCollectorRunner(configured, createFixtureHost("linux-6.1-qemu"), {
    monotonicMs: () => 0,
    wallClockMs: () => 1_700_000_000_000,
  });
  const store = createMetricStore();
  const reports = await runner.run();
  for (const { name, samples } of reports) store.replace(name, samples);
  store.replace("collectors", collectorSamples(reports));
  return store.render(format);
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

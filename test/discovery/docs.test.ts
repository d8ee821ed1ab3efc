import { readFile } from "node:fs/promises";
import { loadConfig } from "../../src/config/load.ts";
import { readUrlAnswer } from "../../src/discovery/answer.ts";
import { discoveryMetrics } from "../../src/discovery/metrics.ts";
import { memoryFiles } from "../config/memory-files.ts";

const page = await readFile("docs/discovery.md", "utf8");

function example(language: string): string {
  return new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "ms").exec(page)?.[1] ?? "";
}

test("the configuration of the page is valid, and its answer gives the paths that it shows", async () => {
  const { discovery } = await loadConfig("/c.yaml", undefined, memoryFiles({ "/c.yaml": example("yaml") }));
  const [, netbox] = discovery.urls;
  if (!netbox) throw new Error("expected two URLs");

  const { paths, warnings } = await readUrlAnswer(netbox, example("json"));

  expect(discovery.names.map(({ label }) => label)).toEqual([
    "db.example.org address",
    "gw.example.org A",
    "_virtloss._udp.example.org SRV",
  ]);
  expect(paths.map(({ name, scope, ratePerSecond }) => [name, scope, ratePerSecond])).toEqual([
    ["10.0.0.12", "external", 5],
    ["10.0.0.13", "external", 5],
    ["dc2", "external", 5],
  ]);
  expect(warnings).toEqual([]);
});

test("every metric of discovery is on the page", () => {
  expect(Object.values(discoveryMetrics).filter(({ name }) => !page.includes(`\`${name}\``))).toEqual([]);
});

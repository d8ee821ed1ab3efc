import { readdirSync } from "node:fs";
import { catalogue } from "../../src/catalogue.ts";
import { collectors } from "../../src/collectors/index.ts";
import { collectorOptions } from "../../src/collectors/options.ts";

const folders = readdirSync(new URL("../../src/collectors", import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

test("the list of collectors equals the directory", () => {
  expect(collectors.map((collector) => collector.name).sort()).toEqual(folders.sort());
});

test("every collector has options that a configuration may set, in the order of the list, and nothing else has", () => {
  expect(Object.keys(collectorOptions)).toEqual(collectors.map(({ name }) => name));
});

test("every folder has the same four parts", () => {
  for (const folder of folders) {
    const files = readdirSync(new URL(`../../src/collectors/${folder}`, import.meta.url));
    expect(files).toEqual(expect.arrayContaining(["README.md", "index.ts", "metrics.ts", "parse.ts"]));
  }
});

test("the catalogue holds each collector's metrics under its name", () => {
  const known: Readonly<Record<string, unknown>> = catalogue;

  for (const collector of collectors) expect(known[collector.name]).toBe(collector.metrics);
});

test("no metric belongs to two collectors", () => {
  const names = collectors.flatMap((collector) => Object.values(collector.metrics).map((metric) => metric.name));

  expect(new Set(names).size).toBe(names.length);
});

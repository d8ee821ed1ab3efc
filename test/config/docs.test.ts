import { readFile } from "node:fs/promises";
import { loadConfig } from "../../src/config/load.ts";
import { parsePathFile } from "../../src/config/path-files.ts";
import { pathSchema } from "../../src/config/path-schema.ts";
import { memoryFiles } from "./memory-files.ts";

const page = await readFile("docs/configuration.md", "utf8");

function examples(language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "gms"))].map((match) => match[1] ?? "");
}

const pathFiles = { "/etc/paths/a.json": examples("json")[0] ?? "", "/etc/more.yaml": "[]" };

function load(text: string) {
  return loadConfig("/etc/c.yaml", undefined, memoryFiles({ "/etc/c.yaml": text, ...pathFiles }));
}

test("every example of the page is a valid configuration", async () => {
  expect(examples("yaml")).toHaveLength(3);
  for (const example of examples("yaml")) expect((await load(example)).warnings).toEqual([]);
});

test("the example of a path file has paths and no ignored label", () => {
  const { paths, issues, warnings } = parsePathFile("a.json", pathFiles["/etc/paths/a.json"]);

  expect(paths.map(({ name }) => name)).toEqual(["10.0.0.12", "10.0.0.13", "dc2"]);
  expect([...issues, ...warnings]).toEqual([]);
});

test("the example with all defaults shows the defaults of this version", async () => {
  const { paths, ...shown } = await load(examples("yaml")[1] ?? "");
  const { paths: _, ...defaults } = await loadConfig(undefined);
  const path = pathSchema.parse({ name: "everything", scope: "external", target: "192.0.2.10" });

  expect(shown).toEqual({ ...defaults, pathsAreDefault: false });
  expect(paths).toEqual([path]);
});

test("every key of the schema is on the page", async () => {
  const schema = JSON.parse(await readFile("docs/config.schema.json", "utf8"));
  const { paths, web, prober, log } = schema.properties;
  const keys = [schema, paths.items, web, prober, log].flatMap((part) => Object.keys(part.properties));

  expect(keys.filter((key) => !new RegExp(`^[\\s#-]*${key}:`, "m").test(page))).toEqual([]);
});

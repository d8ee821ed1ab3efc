import { readFile } from "node:fs/promises";
import { catalogue } from "../../src/catalogue.ts";
import { load } from "./load-text.ts";

const page = await readFile("docs/probe.md", "utf8");

test("the configuration of the page is a valid one, with the modules that it shows", async () => {
  const [, example = ""] = /^```yaml\n(.*?)^```/ms.exec(page) ?? [];
  const { probe } = await load(example);

  expect(Object.values(probe?.modules ?? {}).map(({ name, protocol, count }) => [name, protocol, count])).toEqual([
    ["icmp", "icmp", 100],
    ["voice", "stamp", 200],
    ["web", "tcp", 20],
  ]);
  expect(probe).toMatchObject({ concurrency: 8, timeoutOffsetSeconds: 0.5 });
});

test("the page names every metric of a run", () => {
  expect(Object.values(catalogue.probeRun).filter(({ name }) => !page.includes(`\`${name}\``))).toEqual([]);
});

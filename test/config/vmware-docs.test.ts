import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Thresholds, thresholdKey, thresholds } from "../../src/analysis/thresholds.ts";
import { catalogue } from "../../src/catalogue.ts";
import { alerts, metrics } from "../alerts/promql.ts";
import { load } from "./load-text.ts";

const page = readFileSync("docs/vmware.md", "utf8");
const examples = [...page.matchAll(/^( *)```yaml\n(.*?)^ *```/gms)].map(([, indent = "", text = ""]) =>
  text.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
);

test("the configurations of the page are valid", async () => {
  expect(examples).toHaveLength(2);
  for (const example of examples) expect((await load(example)).warnings).toEqual([]);
});

test("every metric of vCenter and NSX is on the page, and no other that does not exist", () => {
  const named = new Set([...page.matchAll(/`(virtloss_\w+)`/g)].map((match) => match[1] ?? ""));
  const told = [
    ...Object.values(catalogue.vcenter),
    ...Object.values(catalogue.nsx),
    ...Object.values(catalogue.limit),
  ];

  expect(told.filter(({ name }) => !named.has(name))).toEqual([]);
  expect([...named].filter((name) => !metrics.some((metric) => metric.name === name))).toEqual([]);
});

test("every alert and threshold that the page names exists", () => {
  const names = new Set(alerts.map(({ alert }) => alert));
  const keys = Object.keys(thresholds).map((name) => thresholdKey(name as keyof Thresholds));
  const limits = [...page.matchAll(/`([a-z_]+_(?:ratio|rate))`/g)].map((match) => match[1] ?? "");

  expect([...page.matchAll(/\bVirtloss[A-Z]\w+/g)].map(([name]) => name).filter((name) => !names.has(name))).toEqual(
    [],
  );
  expect(limits.length).toBeGreaterThan(5);
  expect(limits.filter((name) => !keys.includes(name))).toEqual([]);
});

test("every link of the page leads somewhere", () => {
  const links = [...page.matchAll(/\]\(([^)#]+)\)/g)].map((match) => match[1] ?? "");

  expect(links.length).toBeGreaterThan(3);
  expect(links.filter((link) => !existsSync(join(dirname("docs/vmware.md"), link)))).toEqual([]);
});

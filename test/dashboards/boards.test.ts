import { readdirSync } from "node:fs";
import { boards } from "../../dashboards/boards/index.ts";
import { defaultThresholds } from "../../src/analysis/thresholds.ts";
import { labelsOfSeries, resultLabels, selectors, syntaxErrors } from "../alerts/promql.ts";

interface Target {
  readonly refId?: string;
  readonly expr?: string;
  readonly legendFormat?: string;
}

interface Panel {
  readonly id?: number;
  readonly type: string;
  readonly title?: string;
  readonly description?: string;
  readonly gridPos?: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly Target[];
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
}

const built = boards.map(({ name, build }) => ({ name, model: build(defaultThresholds) }));
const panels = built.flatMap(({ name, model }) => ((model.panels ?? []) as Panel[]).map((panel) => ({ name, panel })));
const drawn = panels.filter(({ panel }) => panel.type !== "row");

/** Grafana's macros and variables, as it fills them in. */
const fillIn = (query: string): string =>
  query.replaceAll("$__rate_interval", "1m").replaceAll(/"\$(instance|path|scope|host|vm|server|manager)"/g, '".*"');

const queries = drawn.flatMap(({ name, panel }) =>
  (panel.targets ?? []).map(({ expr = "", legendFormat = "" }) => ({
    where: `${name}, ${panel.title}`,
    expr: fillIn(expr),
    legend: legendFormat,
  })),
);

test("there is a file for each board and no other", () => {
  const files = readdirSync("dashboards").filter((name) => name.endsWith(".json"));

  expect(files.sort()).toEqual(boards.map(({ name }) => `${name}.json`).sort());
});

test.each(built)("$name can be provisioned as it is: a data source to choose, and no inputs", ({ model }) => {
  const variables = model.templating?.list ?? [];

  expect(model).not.toHaveProperty("__inputs");
  expect(variables[0]).toMatchObject({ type: "datasource", name: "datasource", query: "prometheus" });
  expect(variables.some(({ name }) => name === "cluster")).toBe(false);
});

test.each(drawn)("$panel.title of $name has a description, a unit and targets with names of their own", ({ panel }) => {
  expect(panel.title).toBeTruthy();
  expect(panel.description).toMatch(/\.$/);
  if (panel.type === "text") return;
  expect(panel.fieldConfig?.defaults.unit).toBeTruthy();
  const refIds = (panel.targets ?? []).map(({ refId }) => refId);
  expect(refIds.length).toBeGreaterThan(0);
  expect(new Set(refIds).size).toBe(refIds.length);
});

test.each(built)("panels of $name have their own ids, stay on the grid and do not overlap", ({ model }) => {
  const list = (model.panels ?? []) as Panel[];
  const cells = list.flatMap(({ gridPos }) => {
    const { x, y, w, h } = gridPos ?? { x: 0, y: 0, w: 0, h: 0 };
    expect(w * h).toBeGreaterThan(0);
    expect(x + w).toBeLessThanOrEqual(24);
    return Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`);
  });

  expect(new Set(list.map(({ id }) => id)).size).toBe(list.length);
  expect(new Set(cells).size).toBe(cells.length);
});

test.each(queries)("Prometheus' grammar understands $where: $legend", ({ expr }) => {
  expect(expr).not.toMatch(/\$/);
  expect(syntaxErrors(expr)).toEqual([]);
});

test.each(queries)("$where reads only series and labels that exist: $legend", ({ expr }) => {
  const unknown = selectors(expr).flatMap(({ name, labels }) => {
    const known = labelsOfSeries(name);
    return known ? labels.filter((label) => !known.includes(label)).map((label) => `${name}{${label}}`) : [name];
  });

  expect(selectors(expr).length).toBeGreaterThan(0);
  expect(unknown).toEqual([]);
});

test.each(queries)("the legend of $where shows labels that the query returns: $legend", ({ expr, legend }) => {
  const shown = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1] ?? "");
  // Of `a or b` both sides are shown, each with its own labels: it is enough that one of them has them.
  const sides = expr.split(/ or (?=sum|rate|vector|count)/).map(resultLabels);

  expect(shown.filter((label) => !sides.some((labels) => labels.includes(label)))).toEqual([]);
});

test.each(built)("the variables of $name ask for series and labels that exist", ({ model }) => {
  const asked = (model.templating?.list ?? []).filter(({ type }) => type === "query");

  expect(asked.length).toBeGreaterThan(0);
  for (const { query } of asked) {
    const [, series = "", label = ""] = /^label_values\((.*), (\w+)\)$/s.exec(String(query)) ?? [];
    const [selector] = selectors(fillIn(series));
    expect(labelsOfSeries(selector?.name ?? "")).toEqual(expect.arrayContaining([label, ...(selector?.labels ?? [])]));
  }
});

test("a configured threshold colours the boards", () => {
  const [board] = boards.filter(({ name }) => name === "virtloss-path");
  const text = JSON.stringify(board?.build({ ...defaultThresholds, lossRatio: 0.00123 }));

  expect(text).toContain('{"value":0.00123,"color":"yellow"}');
});

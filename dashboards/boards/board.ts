import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import type { Thresholds } from "../../src/analysis/thresholds.ts";
import type { AnyMetricDef, LabelsOf } from "../../src/metrics/define.ts";
import { datasource, type PanelBuilder } from "./panels.ts";

/** A board of Grafana; a pure function of the thresholds. */
export interface Board {
  /** Of its file, without `.json`. */
  readonly name: string;
  build(thresholds: Thresholds): dashboard.Dashboard;
}

export interface SizedPanel {
  /** Of 24 columns. */
  readonly width: number;
  readonly panel: PanelBuilder;
}

/** A titled band of panels, side by side. Panels without a width share what the others leave of 24 columns. */
export interface Band {
  readonly title?: string;
  readonly height: number;
  readonly panels: readonly (PanelBuilder | SizedPanel)[];
}

type Labels<M extends AnyMetricDef> = LabelsOf<M> | "instance";

function variable(metric: AnyMetricDef, label: string, title: string, matchers: string) {
  return new dashboard.QueryVariableBuilder(label)
    .label(title)
    .datasource(datasource)
    .query(`label_values(${metric.name}${matchers}, ${label})`)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalAsc);
}

/** A list that the reader chooses from, filled from a label of a metric. */
export function choice<const M extends AnyMetricDef>(metric: M, label: Labels<M>, title: string, matchers = "") {
  return variable(metric, label, title, matchers)
    .multi(true)
    .includeAll(true)
    .allValue(".*")
    .current({ selected: true, text: ["All"], value: ["$__all"] });
}

/** The same for a board that is about one of them: nobody can read five hundred at once. */
export function onlyOne<const M extends AnyMetricDef>(metric: M, label: Labels<M>, title: string, matchers = "") {
  return variable(metric, label, title, matchers).multi(false).includeAll(false);
}

const COLUMNS = 24;

/** Whole columns for each panel; those without a width share what is left. */
function sized(panels: Band["panels"]): readonly SizedPanel[] {
  let left = panels.reduce((columns, entry) => columns - ("panel" in entry ? entry.width : 0), COLUMNS);
  let sharers = panels.filter((entry) => !("panel" in entry)).length;
  return panels.map((entry) => {
    if ("panel" in entry) return entry;
    const width = Math.round(left / sharers);
    left -= width;
    sharers -= 1;
    return { width, panel: entry };
  });
}

/** Lays bands out from top to bottom. Ids follow the order, so that a diff shows what moved. */
export function board(
  about: { readonly uid: string; readonly title: string; readonly description: string },
  variables: readonly dashboard.QueryVariableBuilder[],
  bands: readonly Band[],
): dashboard.Dashboard {
  const builder = new dashboard.DashboardBuilder(about.title)
    .uid(about.uid)
    .description(about.description)
    .tags(["virtloss"])
    .time({ from: "now-1h", to: "now" })
    .refresh("30s")
    .timezone("browser")
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .withVariable(new dashboard.DatasourceVariableBuilder("datasource").label("Prometheus").type("prometheus"));
  for (const variable of variables) builder.withVariable(variable);

  let id = 0;
  let y = 0;
  for (const { title, height, panels } of bands) {
    if (title !== undefined) {
      id += 1;
      builder.withRow(new dashboard.RowBuilder(title).id(id).gridPos({ x: 0, y, w: COLUMNS, h: 1 }));
      y += 1;
    }
    sized(panels).reduce((x, { width, panel }) => {
      id += 1;
      builder.withPanel(panel.id(id).gridPos({ x, y, w: width, h: height }));
      return x + width;
    }, 0);
    y += height;
  }
  return builder.build();
}

export function renderBoard(model: dashboard.Dashboard): string {
  return `${JSON.stringify(model, undefined, 2)}\n`;
}

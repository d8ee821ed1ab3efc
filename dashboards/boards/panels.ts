import type * as cog from "@grafana/grafana-foundation-sdk/cog";
import * as common from "@grafana/grafana-foundation-sdk/common";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import * as heatmap from "@grafana/grafana-foundation-sdk/heatmap";
import * as prometheus from "@grafana/grafana-foundation-sdk/prometheus";
import * as stat from "@grafana/grafana-foundation-sdk/stat";
import * as table from "@grafana/grafana-foundation-sdk/table";
import * as text from "@grafana/grafana-foundation-sdk/text";
import * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";
import { type PromQL, promql } from "../../src/metrics/promql.ts";

/** What all of Grafana's panel builders can do and their common interface does not say. */
export interface PanelBuilder extends cog.Builder<dashboard.Panel> {
  id(id: number): this;
  gridPos(position: dashboard.GridPos): this;
}

/** Grafana's names of units: all values are in base units, Grafana scales them. */
export type Unit =
  | "percentunit"
  | "s"
  | "none"
  | "short"
  | "bytes"
  | "Bps"
  | "bps"
  | "hertz"
  | "pps"
  | "cps"
  | "string"
  | "dateTimeFromNow"
  | "bool_on_off"
  | "bool_yes_no";

export interface Query {
  readonly expr: PromQL;
  /** Labels in `{{…}}`. */
  readonly legend: string;
}

interface About {
  readonly title: string;
  /** What the numbers mean and when to worry. */
  readonly description: string;
  readonly unit: Unit;
  /** What to show instead of nothing. */
  readonly noValue?: string;
  /** Digits behind the point, where Grafana's own choice reads badly. */
  readonly decimals?: number;
}

type Colour = "green" | "yellow" | "red";

/** Colours from a value upwards; below the first it is green unless told. */
export type Limits = readonly (readonly [from: number, colour: Colour])[];

export const datasource = { type: "prometheus", uid: "$datasource" };

const refId = (index: number): string => String.fromCharCode("A".charCodeAt(0) + index);

function thresholds(limits: Limits, below: Colour = "green"): dashboard.ThresholdsConfigBuilder {
  return new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps([{ value: null, color: below }, ...limits.map(([value, color]) => ({ value, color }))]);
}

function rangeQuery({ expr, legend }: Query, index: number): prometheus.DataqueryBuilder {
  return new prometheus.DataqueryBuilder().refId(refId(index)).expr(expr).legendFormat(legend).range();
}

function instantQuery({ expr, legend }: Query, index: number): prometheus.DataqueryBuilder {
  return new prometheus.DataqueryBuilder().refId(refId(index)).expr(expr).legendFormat(legend).instant();
}

/** Lines over time, with a legend below. Limits colour the background where given. */
export function graph(about: About, queries: readonly Query[], limits?: Limits): timeseries.PanelBuilder {
  const panel = new timeseries.PanelBuilder()
    .title(about.title)
    .description(about.description)
    .datasource(datasource)
    .unit(about.unit)
    .min(0)
    .noValue(about.noValue ?? "no data")
    .lineWidth(1)
    .fillOpacity(8)
    .showPoints(common.VisibilityMode.Never)
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending),
    )
    .targets(queries.map(rangeQuery));
  if (!limits) return panel;
  return panel
    .thresholds(thresholds(limits))
    .thresholdsStyle(
      new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.DashedAndArea),
    );
}

/** One large number a query, coloured by limits. */
export function number(
  about: About,
  queries: readonly Query[],
  limits: Limits = [],
  below: Colour = "green",
): stat.PanelBuilder {
  const panel = new stat.PanelBuilder()
    .title(about.title)
    .description(about.description)
    .datasource(datasource)
    .unit(about.unit)
    .noValue(about.noValue ?? "no data")
    .graphMode(common.BigValueGraphMode.None)
    .colorMode(common.BigValueColorMode.Value)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
    .thresholds(thresholds(limits, below))
    .targets(queries.map(instantQuery));
  return about.decimals === undefined ? panel : panel.decimals(about.decimals);
}

/** The values of a histogram over time; the query gives its buckets by `le`. */
export function heat(about: About, buckets: PromQL): heatmap.PanelBuilder {
  return new heatmap.PanelBuilder()
    .title(about.title)
    .description(about.description)
    .datasource(datasource)
    .calculate(false)
    .color(new heatmap.HeatmapColorOptionsBuilder().mode(heatmap.HeatmapColorMode.Scheme).scheme("Oranges").steps(64))
    .yAxis(new heatmap.YAxisConfigBuilder().unit(about.unit).axisPlacement(common.AxisPlacement.Left))
    .cellGap(1)
    .filterValues(new heatmap.FilterValueRangeBuilder().le(1e-9))
    .unit(about.unit)
    .targets([rangeQuery({ expr: buckets, legend: "{{le}}" }, 0).format(prometheus.PromQueryFormat.Heatmap)]);
}

export interface Column {
  /** A label's name, or a query. Labels that no column names are hidden. */
  readonly from: string | PromQL;
  readonly title: string;
  readonly unit?: Unit;
  readonly decimals?: number;
  /** Rows come in this column's order, the highest first. */
  readonly sorted?: true;
  readonly limits?: Limits;
  /** Of the board that shows this value alone; its file's name, and the variable that takes it. */
  readonly board?: { readonly name: string; readonly variable: string };
}

/** A metric alone looks like a label, but for its prefix. */
const isLabel = (column: Column): boolean => /^(?!virtloss_)[a-z_]+$/.test(column.from);

/**
 * One row a label set, one column a label or query. Rows of several queries are merged by the labels that all of them have,
 * so each is reduced to the labels shown: what else differs, and be it the metric's name, would keep rows apart.
 */
export function grid(about: Omit<About, "unit">, columns: readonly Column[]): table.PanelBuilder {
  const labels = columns.filter(isLabel);
  const queries = columns.filter((column) => !isLabel(column));
  const shown = labels.map((column) => column.from).join(", ") as PromQL;
  // With a single query Grafana calls its value "Value", with more of them "Value #A".
  const fieldOf = (column: Column) => {
    if (isLabel(column)) return column.from;
    return queries.length === 1 ? "Value" : `Value #${refId(queries.indexOf(column))}`;
  };
  const panel = new table.PanelBuilder()
    .title(about.title)
    .description(about.description)
    .datasource(datasource)
    .unit("string")
    .noValue(about.noValue ?? "–")
    .showHeader(true)
    .targets(
      queries.map((column, i) =>
        instantQuery({ expr: promql`max by (${shown}) (${column.from as PromQL})`, legend: "" }, i).format(
          prometheus.PromQueryFormat.Table,
        ),
      ),
    )
    .transformations([
      { id: "merge", options: {} },
      { id: "filterFieldsByName", options: { include: { names: columns.filter((c) => c.title !== "").map(fieldOf) } } },
      {
        id: "organize",
        options: {
          indexByName: Object.fromEntries(columns.map((column, i) => [fieldOf(column), i])),
          renameByName: Object.fromEntries(columns.map((column) => [fieldOf(column), column.title])),
        },
      },
      ...columns
        .filter(({ sorted }) => sorted)
        .map(({ title }) => ({ id: "sortBy", options: { fields: {}, sort: [{ field: title, desc: true }] } })),
    ]);
  for (const { title, board } of columns) {
    if (!board) continue;
    const url = `/d/${board.name}?var-${board.variable}=\${__value.raw}`;
    panel.overrideByName(title, [{ id: "links", value: [{ title: "Show it alone", url }] }]);
  }
  for (const column of [...labels, ...queries]) {
    if (!column.unit) continue;
    panel.overrideByName(column.title, [
      { id: "unit", value: column.unit },
      ...(column.decimals === undefined ? [] : [{ id: "decimals", value: column.decimals }]),
      ...(column.limits
        ? [
            { id: "thresholds", value: thresholds(column.limits).build() },
            { id: "custom.cellOptions", value: { type: "color-text" } },
          ]
        : []),
    ]);
  }
  return panel;
}

export function note(title: string, description: string, markdown: string): text.PanelBuilder {
  return new text.PanelBuilder().title(title).description(description).mode(text.TextMode.Markdown).content(markdown);
}

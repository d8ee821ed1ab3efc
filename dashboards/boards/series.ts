import type { MetricDef } from "../../src/metrics/define.ts";
import { type PromQL, promql, type RecordDef } from "../../src/metrics/promql.ts";

/** The series that the variables of a board choose. */
export const ofInstance = (series: MetricDef | RecordDef): PromQL => promql`${series}{instance=~"$instance"}`;
export const ofPath = (series: MetricDef | RecordDef): PromQL =>
  promql`${series}{instance=~"$instance", path=~"$path", scope=~"$scope"}`;

/** Grafana's own window: four scrapes at least. */
export const perSecond = (series: PromQL): PromQL => promql`rate(${series}[$__rate_interval])`;
export const perMinute = (series: PromQL): PromQL => promql`60 * rate(${series}[$__rate_interval])`;

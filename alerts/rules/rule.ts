import type { Thresholds } from "../../src/analysis/thresholds.ts";
import type { PromQL, RecordDef } from "../../src/metrics/promql.ts";

/** Durations as Prometheus writes them. */
export type PrometheusDuration = `${number}${"s" | "m" | "h"}`;

export type Severity = "info" | "warning" | "critical";

/** A series that Prometheus computes and stores. Rules name it through this object, as they name metrics. */
export interface RecordingRule extends RecordDef {
  readonly expr: PromQL;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface AlertRule {
  readonly alert: string;
  readonly expr: PromQL;
  readonly severity: Severity;
  /** Tells apart rules of one alert that have one severity. */
  readonly reason?: string;
  readonly for?: PrometheusDuration;
  readonly keepFiringFor?: PrometheusDuration;
  /** One line: what is wrong, where. */
  readonly summary: string;
  /** Numbers with units, how sure they are, and the first command to run. */
  readonly description: string;
}

/** Rules that Prometheus evaluates in this order, at one instant. */
export interface RuleGroup {
  readonly name: string;
  /** How often; Prometheus' own evaluation interval where absent. */
  readonly interval?: PrometheusDuration;
  readonly rules: readonly (RecordingRule | AlertRule)[];
}

export interface PackOptions {
  readonly thresholds: Thresholds;
  /** Where the runbooks are served; a template of Prometheus. */
  readonly runbooks: string;
}

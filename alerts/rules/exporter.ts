import { type ThresholdName, type Thresholds, thresholdKey } from "../../src/analysis/thresholds.ts";
import { catalogue } from "../../src/catalogue.ts";
import { promql } from "../../src/metrics/promql.ts";
import type { AlertRule, PackOptions, RecordingRule, RuleGroup } from "./rule.ts";
import { current, sameInstance, sameLabels } from "./text.ts";

const { collectorState, serverFailure, sourceLastSuccess, threshold, reloadSuccessful, reloadTimestamp } =
  catalogue.self;

const exporterDown: AlertRule = {
  alert: "VirtlossExporterDown",
  expr: promql`up{job="virtloss"} == 0`,
  // Longer than a restart, and than one failed scrape at an interval of a minute.
  for: "2m",
  severity: "warning",
  summary: "Exporter {{ $labels.instance }} does not answer",
  description:
    "Prometheus cannot scrape it, so nothing is known of its paths; they are not healthy, they are unseen. " +
    "First, on the machine of {{ $labels.instance }}: systemctl status virtloss",
};

/** No target at all is no series to compare: the job was lost from Prometheus' configuration or discovery. */
const allExportersGone: AlertRule = {
  alert: "VirtlossExporterDown",
  expr: promql`absent(up{job="virtloss"})`,
  for: "5m",
  severity: "critical",
  summary: "Prometheus has no exporter of job {{ $labels.job }} to scrape",
  description:
    "No path is watched. Either the scrape job was renamed or removed, or its discovery finds no target. " +
    "First: open the page /targets of Prometheus",
};

/** Servers on other machines have alerts of their own, which say why. */
const unlessServer = promql`unless on (job, instance, collector) ${serverFailure} == 1`;

/** A failed collector says so within a scrape; a source that went silent only shows its age. */
const collectorFailed: AlertRule = {
  alert: "VirtlossSourceStale",
  expr: promql`${collectorState}{state="failed"} == 1 ${unlessServer}`,
  for: "5m",
  severity: "warning",
  reason: "failed",
  summary: "Collector {{ $labels.collector }} on {{ $labels.instance }} fails",
  description:
    "It failed at every scrape of the last 5 min, so its metrics are missing; the other collectors are not touched. " +
    "First, on the machine of {{ $labels.instance }}: journalctl -u virtloss --since -10min | grep {{ $labels.collector }}",
};

function sourceStale({ thresholds: t }: PackOptions): AlertRule {
  return {
    alert: "VirtlossSourceStale",
    expr: promql`
      time() - ${sourceLastSuccess} > ${t.sourceStaleSeconds}
      unless on (job, instance, collector) ${collectorState}{state=~"failed|absent"} == 1
      ${unlessServer}`,
    // One scrape with a slow clock is not worth a message.
    for: "1m",
    severity: "warning",
    reason: "stale",
    summary:
      "Source {{ $labels.collector }} on {{ $labels.instance }} has been silent for {{ $value | humanizeDuration }}",
    description:
      "Its metrics still show what it said then: what they show now is old. " +
      "First, on the machine of {{ $labels.instance }}: journalctl -u virtloss --since -1h | grep {{ $labels.collector }}",
  };
}

/** The numbers that these rules were generated with, beside those that each exporter runs with. */
function thresholdRecords(t: Thresholds): readonly RecordingRule[] {
  return (Object.keys(t) as ThresholdName[]).map((name) => ({
    record: "virtloss:threshold:rules",
    labels: { name: thresholdKey(name) },
    expr: promql`vector(${t[name]})`,
  }));
}

const rulesThreshold = { record: "virtloss:threshold:rules" };

const thresholdMismatch: AlertRule = {
  alert: "VirtlossThresholdMismatch",
  expr: promql`${threshold} != on (name) group_left () ${rulesThreshold}`,
  // Rules and exporters are not rolled out at one instant.
  for: "15m",
  severity: "warning",
  summary: "Exporter {{ $labels.instance }} and these rules disagree about {{ $labels.name }}",
  description:
    `${sameLabels("name")}The exporter's threshold is {{ $value }}, that of the rules ${current(rulesThreshold, 'printf "%g"')}: ` +
    "its verdicts and these alerts contradict each other. " +
    "First: virtloss rules --config FILE --out DIR, with the exporter's configuration, then reload Prometheus",
};

const configReloadFailed: AlertRule = {
  alert: "VirtlossConfigReloadFailed",
  expr: promql`${reloadSuccessful} == 0`,
  // Time to mend a file that is being edited.
  for: "5m",
  severity: "warning",
  summary: "Exporter {{ $labels.instance }} could not load its new configuration",
  description:
    `${sameInstance}The configuration of ${current(reloadTimestamp, "humanizeTimestamp")} still runs. ` +
    "First, on the machine of {{ $labels.instance }}: virtloss check --config FILE",
};

export function exporterGroups(options: PackOptions): readonly RuleGroup[] {
  return [
    {
      name: "virtloss.exporter",
      rules: [exporterDown, allExportersGone, collectorFailed, sourceStale(options), configReloadFailed],
    },
    {
      name: "virtloss.thresholds",
      interval: "1m",
      rules: [...thresholdRecords(options.thresholds), thresholdMismatch],
    },
  ];
}

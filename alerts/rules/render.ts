import { Document, Scalar, visit } from "yaml";
import { isAlert, ruleGroups } from "./index.ts";
import type { AlertRule, PackOptions, RecordingRule } from "./rule.ts";

/** Served by the exporter itself, so that they are of its own version. */
export const exporterRunbooks = "http://{{ $labels.instance }}/runbooks";

/** An exporter that is down serves no page: the file beside these rules does. */
const shippedRunbooks = "alerts/runbooks";

function runbookUrl(alert: string, base: string): string {
  if (alert === "VirtlossExporterDown" && base === exporterRunbooks) return `${shippedRunbooks}/${alert}.md`;
  return `${base}/${alert}`;
}

function renderRule(rule: RecordingRule | AlertRule, runbooks: string): object {
  if (!isAlert(rule)) {
    return { record: rule.record, expr: rule.expr, ...(rule.labels && { labels: rule.labels }) };
  }
  return {
    alert: rule.alert,
    expr: rule.expr,
    ...(rule.for && { for: rule.for }),
    ...(rule.keepFiringFor && { keep_firing_for: rule.keepFiringFor }),
    labels: { severity: rule.severity, ...(rule.reason && { reason: rule.reason }) },
    annotations: {
      summary: rule.summary,
      description: rule.description,
      runbook_url: runbookUrl(rule.alert, runbooks),
    },
  };
}

/** The rules file of Prometheus, as text. Needs Prometheus 2.42 or later for `keep_firing_for`. */
export function renderRules(options: PackOptions): string {
  const groups = ruleGroups(options).map(({ name, interval, rules }) => ({
    name,
    ...(interval && { interval }),
    rules: rules.map((rule) => renderRule(rule, options.runbooks)),
  }));
  const document = new Document({ groups });
  document.commentBefore =
    " Generated from alerts/rules by `npm run generate`; `virtloss rules` writes it with your thresholds.";
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value !== "string") return;
      if (node.value.includes("\n")) node.type = Scalar.BLOCK_LITERAL;
      else if (node.value.includes('"')) node.type = Scalar.QUOTE_SINGLE;
    },
  });
  return document.toString({ lineWidth: 0 });
}

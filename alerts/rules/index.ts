import { exporterGroups } from "./exporter.ts";
import { guestGroups } from "./guest.ts";
import { lossGroups } from "./loss.ts";
import { pathGroups } from "./paths.ts";
import { proberGroups } from "./prober.ts";
import type { AlertRule, PackOptions, RecordingRule, RuleGroup } from "./rule.ts";

/** All rules of the pack, in the order of the file. */
export function ruleGroups(options: PackOptions): readonly RuleGroup[] {
  return [
    ...lossGroups(options.thresholds),
    ...pathGroups(options),
    ...proberGroups(options),
    ...exporterGroups(options),
    ...guestGroups(options),
  ];
}

export function isAlert(rule: RecordingRule | AlertRule): rule is AlertRule {
  return "alert" in rule;
}

import { exporterGroups } from "./exporter.ts";
import { guestGroups } from "./guest.ts";
import { hostGroups } from "./host.ts";
import { hostPathGroups } from "./host-path.ts";
import { joinGroups } from "./join.ts";
import { kvmGroups } from "./kvm.ts";
import { ledgerGroups } from "./ledger.ts";
import { lossGroups } from "./loss.ts";
import { pathGroups } from "./paths.ts";
import { proberGroups } from "./prober.ts";
import type { AlertRule, PackOptions, RecordingRule, RuleGroup } from "./rule.ts";
import { serverGroups } from "./servers.ts";
import { vmwareCpuGroups } from "./vmware-cpu.ts";
import { vmwareLimitGroups } from "./vmware-limits.ts";
import { nsxGroups } from "./vmware-nsx.ts";
import { vmwareUplinkGroups } from "./vmware-uplinks.ts";
import { vnicGroups } from "./vnic.ts";

/** All rules of the pack, in the order of the file. */
export function ruleGroups(options: PackOptions): readonly RuleGroup[] {
  return [
    ...lossGroups(options.thresholds),
    ...joinGroups(options.thresholds),
    ...pathGroups(options),
    ...proberGroups(options),
    ...exporterGroups(options),
    ...serverGroups(options),
    ...guestGroups(options),
    ...kvmGroups(options),
    ...vnicGroups(options),
    ...hostGroups(options),
    ...hostPathGroups(options),
    ...vmwareCpuGroups(options),
    ...vmwareLimitGroups(),
    ...vmwareUplinkGroups(options),
    ...nsxGroups(options),
    ...ledgerGroups(),
  ];
}

export function isAlert(rule: RecordingRule | AlertRule): rule is AlertRule {
  return "alert" in rule;
}

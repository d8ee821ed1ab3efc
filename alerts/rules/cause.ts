import { type PromQL, promql, type RecordDef } from "../../src/metrics/promql.ts";
import { join } from "./join.ts";
import type { AlertRule, RecordingRule } from "./rule.ts";

/** How a cause is measured; its values are shown accordingly. */
type CauseUnit = "ratio" | "per_second" | "bytes_per_second" | "times" | "fact";

/** Something that is known to make packets disappear, at work now. */
export interface Cause {
  /** The finding that it is evidence for. */
  readonly code: string;
  /** Continues "there now:". */
  readonly says: string;
  readonly unit: CauseUnit;
  /** Nothing below its limit. */
  readonly expr: PromQL;
}

export const causesOfVm: RecordDef = { record: "vm:virtloss_cause:level" };
export const causesOfMachine: RecordDef = { record: "instance:virtloss_cause:level" };

const labels = ({ code, says, unit }: Cause) => ({ cause: code, says, unit });

/** A row for each virtual machine and cause that is at work on it. */
export function vmCause(cause: Cause): RecordingRule {
  return { ...causesOfVm, labels: labels(cause), expr: promql`max by (vm, vm_uuid) (${cause.expr})` };
}

/** A row for each exporter and cause that is at work on its machine. */
export function machineCause(cause: Cause): RecordingRule {
  return { ...causesOfMachine, labels: labels(cause), expr: promql`max by (instance) (${cause.expr})` };
}

export const vmLoses = promql`on (vm, vm_uuid) ${join.vmLosing}`;
export const hostLoses = promql`on (host) ${join.losingOnHost}`;
export const networkLoses = promql`on (network) ${join.losingOnNetwork}`;
export const machineLoses = promql`on (instance) ${join.losingPaths}`;

/** A cause without loss is worth knowing; beside loss it is worth acting on. @param loses where paths are seen to lose */
export function infoAndWarning(
  rule: Omit<AlertRule, "severity">,
  loses: PromQL,
): readonly [info: AlertRule, warning: AlertRule] {
  return [
    { ...rule, severity: "info", expr: promql`${rule.expr}\nunless ${loses}` },
    {
      ...rule,
      severity: "warning",
      expr: promql`${rule.expr}\nand ${loses}`,
      summary: `${rule.summary}, and packets are lost`,
    },
  ];
}

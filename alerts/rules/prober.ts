import { catalogue } from "../../src/catalogue.ts";
import { type PromQL, promql, without } from "../../src/metrics/promql.ts";
import { losesByWarningRule } from "./paths.ts";
import type { AlertRule, PackOptions, RuleGroup } from "./rule.ts";
import { percent, thePath } from "./text.ts";

const { sent, void: voided, pathFailed } = catalogue.probe;
const { socketDrops, lateSends, restarts } = catalogue.prober;

/** A prober that cannot rule itself out is no witness: each doubt is a rule of the same alert, told apart by `reason`. */
const doubt = { alert: "VirtlossProberUnreliable", severity: "warning" } as const;

const look = "First, on the machine of {{ $labels.instance }}: top -H (is a CPU full, or stolen?)";

/** A path that cannot be probed at all has an alert of its own, and its void packets say nothing about the prober. */
function voidPackets({ thresholds: t }: PackOptions): AlertRule {
  return {
    ...doubt,
    reason: "void",
    expr: promql`
      sum ${without(voided, "reason")} (increase(${voided}[5m]))
      / (increase(${sent}[5m]) > 0) > ${t.voidRatio}
      unless on (instance, path, protocol) ${pathFailed}`,
    for: "5m",
    keepFiringFor: "5m",
    summary: `The prober on {{ $labels.instance }} cannot judge its own packets on path ${thePath}`,
    description:
      `{{ $value | humanizePercentage }} of the packets of the last 5 min got no verdict (limit ${percent(t.voidRatio)}): ` +
      `the loss shown for this path rests on fewer packets than were sent. ${look}`,
  };
}

function droppedReplies(): AlertRule {
  return {
    ...doubt,
    reason: "socket_drop",
    expr: promql`increase(${socketDrops}[5m]) > 0`,
    keepFiringFor: "5m",
    summary: "The prober on {{ $labels.instance }} drops replies at its own {{ $labels.family }} socket",
    description:
      'Replies dropped in the last 5 min because the receive buffer was full: about {{ $value | printf "%.0f" }}. ' +
      "Packets that this touches are void, not lost. First, on the machine of {{ $labels.instance }}: sysctl net.core.rmem_max",
  };
}

function workerRestarts(): AlertRule {
  return {
    ...doubt,
    reason: "restart",
    expr: promql`increase(${restarts}[15m]) > 0`,
    keepFiringFor: "15m",
    summary: "The probe engine on {{ $labels.instance }} died and was started again",
    description:
      'Restarts in the last 15 min: about {{ $value | printf "%.0f" }}; packets in flight at that moment are void. ' +
      "First, on the machine of {{ $labels.instance }}: journalctl -u virtloss --since -20min",
  };
}

function skippedSlots({ thresholds: t }: PackOptions): AlertRule {
  return {
    ...doubt,
    reason: "late_send",
    expr: promql`
      rate(${lateSends}[5m])
      / (rate(${lateSends}[5m]) + sum ${without(sent, "path", "scope")} (rate(${sent}[5m])))
      > ${t.lateSendRatio}`,
    for: "5m",
    keepFiringFor: "5m",
    summary: "The prober on {{ $labels.instance }} falls behind with its {{ $labels.protocol }} packets",
    description:
      `{{ $value | humanizePercentage }} of the send slots of the last 5 min were skipped (limit ${percent(t.lateSendRatio)}) ` +
      `because the prober was not scheduled in time: it probes slower than it was told to. ${look}`,
  };
}

function controlPathLoses({ thresholds: t }: PackOptions): AlertRule {
  return {
    ...doubt,
    reason: "control_loss",
    expr: losesByWarningRule(t, 'scope="control"' as PromQL),
    keepFiringFor: "10m",
    summary: `The control path ${thePath} of {{ $labels.instance }} loses packets`,
    description:
      "Its packets never leave the machine, so the fault is here; believe no loss on other paths of this prober " +
      `until it is mended. The lower bound of the loss is {{ $value | humanizePercentage }}, the limit ${percent(t.lossRatio)}. ${look}`,
  };
}

export function proberGroups(options: PackOptions): readonly RuleGroup[] {
  return [
    {
      name: "virtloss.prober",
      rules: [
        voidPackets(options),
        droppedReplies(),
        workerRestarts(),
        skippedSlots(options),
        controlPathLoses(options),
      ],
    },
  ];
}

import type { Thresholds } from "../../src/analysis/thresholds.ts";
import { catalogue } from "../../src/catalogue.ts";
import { type PromQL, promql, type RecordDef, without } from "../../src/metrics/promql.ts";
import { coincidingCauses } from "./cause-text.ts";
import { loss, pagingBounds } from "./loss.ts";
import type { AlertRule, PackOptions, RuleGroup } from "./rule.ts";
import { current, labelOf, percent, samePath, thePath, whereKnown } from "./text.ts";

const { packets, lost, currentLossRun, pathFailed, pathInfo } = catalogue.probe;
const { fiveMinutes, quarterHour, hour, sixHours } = loss;

const count = (series: RecordDef) => current(series, 'printf "%.0f"');

const figures =
  `${samePath}Last 5 min: ${current(fiveMinutes.ratio, "humanizePercentage")} of ${count(fiveMinutes.judged)} packets lost ` +
  `(95% bounds ${current(fiveMinutes.lower, "humanizePercentage")} to ${current(fiveMinutes.upper, "humanizePercentage")}). ` +
  whereKnown(
    hour.ratio,
    `Last hour: ${current(hour.ratio, "humanizePercentage")} of ${count(hour.judged)} ` +
      `(${current(hour.lower, "humanizePercentage")} to ${current(hour.upper, "humanizePercentage")}), ` +
      `in ${count(hour.effectiveBursts)} effective bursts. `,
  ) +
  whereKnown(sixHours.ratio, `Last 6 h: ${current(sixHours.ratio, "humanizePercentage")}. `);

const probeIt = `First, on the machine of {{ $labels.instance }}: virtloss probe ${labelOf(pathInfo, "target")} --count 1000`;

/** Critical by the strict rule, each window with its own: a path at half of the limit never pages. */
function pathLossCritical({ thresholds: t }: PackOptions): AlertRule {
  const b = pagingBounds(t);
  return {
    alert: "VirtlossPathLoss",
    expr: promql`
      (
        ${b.critical5m} > ${b.criticalThreshold}
        and ${fiveMinutes.judged} >= ${t.criticalPackets5m}
        and ${fiveMinutes.effectiveBursts} >= ${t.criticalBursts5m}
      ) or (
        ${b.critical1h} > ${b.criticalThreshold}
        and ${hour.judged} >= ${t.criticalPackets1h}
        and ${hour.effectiveBursts} >= ${t.criticalBursts1h}
        and ${quarterHour.ratio} > ${b.criticalThreshold}
      ) or (
        ${b.critical6h} > ${b.criticalThreshold}
        and ${sixHours.effectiveBursts} >= ${t.criticalBursts6h}
        and ${hour.ratio} > ${b.criticalThreshold}
      )`,
    // The windows and bounds are the wait. Loss near the limit comes and goes: one page, not one an hour.
    keepFiringFor: "10m",
    severity: "critical",
    summary: `Path ${thePath} loses packets, measured by {{ $labels.instance }}`,
    description: `${figures}Limit of its scope: ${current(b.criticalThreshold, "humanizePercentage")}. ${coincidingCauses}${probeIt}`,
  };
}

/** Warning sooner and at one limit for every scope. The control path is not a path of anybody's packets. */
export function losesByWarningRule(t: Thresholds, scope: PromQL): PromQL {
  const b = pagingBounds(t);
  return promql`
    (
      ${b.warning5m}{${scope}} > ${t.lossRatio}
      and ${fiveMinutes.judged} >= ${t.warningPackets}
      and ${fiveMinutes.effectiveBursts} >= ${t.warningBursts}
    ) or (
      ${b.warning1h}{${scope}} > ${t.lossRatio}
      and ${hour.judged} >= ${t.warningPackets}
      and ${hour.effectiveBursts} >= ${t.warningBursts}
      and ${quarterHour.ratio} > ${t.lossRatio}
    )`;
}

function pathLossWarning({ thresholds: t }: PackOptions): AlertRule {
  return {
    alert: "VirtlossPathLoss",
    expr: losesByWarningRule(t, 'scope!="control"' as PromQL),
    keepFiringFor: "10m",
    severity: "warning",
    summary: `Path ${thePath} loses packets, measured by {{ $labels.instance }}`,
    description: `${figures}Warns above ${percent(t.lossRatio)}. ${coincidingCauses}${probeIt}`,
  };
}

const minute = {
  judged: {
    record: "path:virtloss_judged_packets:increase1m",
    expr: promql`sum ${without(packets, "size")} (increase(${packets}{scope!="control"}[1m])) > 0`,
  },
  lost: {
    record: "path:virtloss_lost_packets:increase1m",
    expr: promql`sum ${without(lost, "size")} (increase(${lost}{scope!="control"}[1m]))`,
  },
};

/** A total outage is one burst, which says little of the loss to come: so it is judged by what was seen, without bounds. */
function pathDown({ thresholds: t }: PackOptions): AlertRule {
  return {
    alert: "VirtlossPathDown",
    expr: promql`
      (
        ${minute.lost} / ${minute.judged} > ${t.pathDownRatio}
        and ${minute.judged} >= ${t.outagePackets}
      ) or (
        ${fiveMinutes.ratio}{scope!="control"} > ${t.pathDownRatio}
        and ${fiveMinutes.judged} >= ${t.outagePackets}
        unless ${minute.judged} >= ${t.outagePackets}
      )`,
    // The minute is the wait; a second look keeps a single scrape at the exporter's start from paging.
    for: "15s",
    keepFiringFor: "2m",
    severity: "critical",
    summary: `Path ${thePath} is down, measured by {{ $labels.instance }}`,
    description:
      `${samePath}{{ $value | humanizePercentage }} of its packets are lost. ` +
      `Last minute: ${count(minute.lost)} of ${count(minute.judged)}; ` +
      `last 5 min: ${count(fiveMinutes.lost)} of ${count(fiveMinutes.judged)}. ` +
      `The run of loss that is open now has lasted ${current(currentLossRun, "humanizeDuration")}. ${probeIt}`,
  };
}

/** Sooner than a lost minute, and right at any scrape interval: the prober itself says how long nothing came back. */
function blackout({ thresholds: t }: PackOptions): AlertRule {
  return {
    alert: "VirtlossBlackout",
    expr: promql`
      ${currentLossRun}{scope!="control"} > ${t.blackoutSeconds}
      and sum ${without(lost, "size")} (increase(${lost}[5m])) >= ${t.outagePackets}`,
    keepFiringFor: "2m",
    severity: "critical",
    summary: `Path ${thePath} has been dark for {{ $value | humanizeDuration }}, measured by {{ $labels.instance }}`,
    description:
      `${samePath}Every packet since then was lost: ` +
      `${count(fiveMinutes.lost)} of ${count(fiveMinutes.judged)} in the last 5 min. ${probeIt}`,
  };
}

function pathFailedAlert(): AlertRule {
  return {
    alert: "VirtlossPathFailed",
    expr: promql`${pathFailed} == 1`,
    // A name server that restarts, or an address that comes up with its interface, is not worth a message.
    for: "2m",
    severity: "warning",
    summary: `Path ${thePath} cannot be probed by {{ $labels.instance }}: {{ $labels.reason }}`,
    description:
      "Nothing is known of its loss while this lasts. The exporter's log and status page say what would mend it. " +
      "First: open http://{{ $labels.instance }}/",
  };
}

export function pathGroups(options: PackOptions): readonly RuleGroup[] {
  return [
    {
      name: "virtloss.paths",
      rules: [
        minute.judged,
        minute.lost,
        pathLossCritical(options),
        pathLossWarning(options),
        pathDown(options),
        blackout(options),
        pathFailedAlert(),
      ],
    },
  ];
}

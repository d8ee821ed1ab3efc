import { Z95 } from "../../src/analysis/bounds.ts";
import type { Thresholds } from "../../src/analysis/thresholds.ts";
import { catalogue } from "../../src/catalogue.ts";
import { type PromQL, promql, without } from "../../src/metrics/promql.ts";
import type { RecordingRule, RuleGroup } from "./rule.ts";

const { packets, lost, burstSquared } = catalogue.probe;

type Window = "5m" | "15m" | "1h" | "6h";

/** What every bound of one window is made of. */
interface Tally {
  readonly judged: RecordingRule;
  readonly lost: RecordingRule;
  readonly ratio: RecordingRule;
}

interface BurstTally extends Tally {
  readonly burstSquared: RecordingRule;
  /** Packets that the window is worth once losses cluster. */
  readonly effectivePackets: RecordingRule;
  /** Runs of equal length that would spread as widely as those seen; no series without loss. */
  readonly effectiveBursts: RecordingRule;
}

function tally(window: Window): Tally {
  const range = `[${window}]` as PromQL;
  const judged = {
    record: `path:virtloss_judged_packets:increase${window}`,
    expr: promql`sum ${without(packets, "size")} (increase(${packets}${range})) > 0`,
  };
  const lostPackets = {
    record: `path:virtloss_lost_packets:increase${window}`,
    expr: promql`sum ${without(lost, "size")} (increase(${lost}${range}))`,
  };
  // Extrapolation at a counter's birth is not the same for lost and judged packets: never above 1.
  const ratio = {
    record: `path:virtloss_loss:ratio_rate${window}`,
    expr: promql`clamp_max(${lostPackets} / ${judged}, 1)`,
  };
  return { judged, lost: lostPackets, ratio };
}

function burstTally(window: Window): BurstTally {
  const plain = tally(window);
  const q = {
    record: `path:virtloss_loss_burst_squared:increase${window}`,
    expr: promql`increase(${burstSquared}${`[${window}]` as PromQL})`,
  };
  // A run cut by the window's edge can make q exceed the square of k: k is then the widest honest design effect.
  const effectivePackets = {
    record: `path:virtloss_effective_packets:increase${window}`,
    expr: promql`${plain.judged} / clamp_min((${q} / ${plain.lost} <= ${plain.lost}) or ${plain.lost}, 1)`,
  };
  const effectiveBursts = {
    record: `path:virtloss_effective_bursts:increase${window}`,
    expr: promql`${plain.lost} ^ 2 / (${q} > 0)`,
  };
  return { ...plain, burstSquared: q, effectivePackets, effectiveBursts };
}

/** Wilson's score bound, as `lossBounds` computes it; the constants of the text are z squared and its parts. */
function wilson(side: "lower" | "upper", { ratio, effectivePackets }: BurstTally, z: number): PromQL {
  const [clamp, limit, sign] =
    side === "lower" ? ["clamp_min" as PromQL, 0, "-" as PromQL] : ["clamp_max" as PromQL, 1, "+" as PromQL];
  const [z2, half, quarter] = [z * z, (z * z) / 2, (z * z) / 4].map((n) => Number(n.toPrecision(9))) as [
    number,
    number,
    number,
  ];
  // Without loss the difference of two equal terms leaves a trace of about 1e-18: zero has to be zero.
  const exact = side === "lower" ? promql` * (${ratio} > bool 0)` : promql``;
  return promql`
    ${clamp}(
      (
        ${ratio} + ${half} / ${effectivePackets}
        ${sign} ${z} * sqrt(
          ${ratio} * (1 - ${ratio}) / ${effectivePackets}
          + ${quarter} / ${effectivePackets} ^ 2
        )
      ) / (1 + ${z2} / ${effectivePackets}),
      ${limit}
    )${exact}`;
}

const fiveMinutes = burstTally("5m");
const quarterHour = tally("15m");
const hour = burstTally("1h");
const sixHours = burstTally("6h");

const bound = (record: string, expr: PromQL): RecordingRule => ({ record, expr });

/** The series that alerts and boards read. */
export const loss = {
  fiveMinutes: {
    ...fiveMinutes,
    lower: bound("path:virtloss_loss:lower_rate5m", wilson("lower", fiveMinutes, Z95)),
    upper: bound("path:virtloss_loss:upper_rate5m", wilson("upper", fiveMinutes, Z95)),
  },
  quarterHour,
  hour: {
    ...hour,
    lower: bound("path:virtloss_loss:lower_rate1h", wilson("lower", hour, Z95)),
    upper: bound("path:virtloss_loss:upper_rate1h", wilson("upper", hour, Z95)),
  },
  sixHours,
};

/** Lower bounds with the z of each alert: farther from the measured ratio than 95 %, because they are asked all day. */
export function pagingBounds(t: Thresholds) {
  return {
    critical5m: bound("path:virtloss_loss_critical:lower_rate5m", wilson("lower", fiveMinutes, t.criticalZ5m)),
    critical1h: bound("path:virtloss_loss_critical:lower_rate1h", wilson("lower", hour, t.criticalZ1h)),
    critical6h: bound("path:virtloss_loss_critical:lower_rate6h", wilson("lower", sixHours, t.criticalZ6h)),
    warning5m: bound("path:virtloss_loss_warning:lower_rate5m", wilson("lower", fiveMinutes, t.warningZ)),
    warning1h: bound("path:virtloss_loss_warning:lower_rate1h", wilson("lower", hour, t.warningZ)),
    /** The ratio that pages, by scope; the control path has none. */
    criticalThreshold: bound(
      "path:virtloss_loss_critical:threshold",
      promql`
        (${fiveMinutes.judged}{scope="external"} > bool 0) * ${t.lossRatioExternal}
        or
        (${fiveMinutes.judged}{scope!~"external|control"} > bool 0) * ${t.lossRatio}`,
    ),
  };
}

/** Longer windows move slowly and cost more to read, so they are computed less often. */
export function lossGroups(t: Thresholds): readonly RuleGroup[] {
  const b = pagingBounds(t);
  const { lower: lower5m, upper: upper5m, ...parts5m } = loss.fiveMinutes;
  const { lower: lower1h, upper: upper1h, ...parts1h } = loss.hour;
  return [
    {
      name: "virtloss.loss.5m",
      rules: [...Object.values(parts5m), lower5m, upper5m, b.criticalThreshold, b.critical5m, b.warning5m],
    },
    { name: "virtloss.loss.15m", interval: "1m", rules: Object.values(quarterHour) },
    {
      name: "virtloss.loss.1h",
      interval: "1m",
      rules: [...Object.values(parts1h), lower1h, upper1h, b.critical1h, b.warning1h],
    },
    { name: "virtloss.loss.6h", interval: "2m", rules: [...Object.values(sixHours), b.critical6h] },
  ];
}

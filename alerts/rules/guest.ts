import { catalogue } from "../../src/catalogue.ts";
import { promql, without } from "../../src/metrics/promql.ts";
import { infoAndWarning, machineLoses } from "./cause.ts";
import { losingPathsHere } from "./cause-text.ts";
import type { AlertRule, PackOptions, RuleGroup } from "./rule.ts";
import { current, percent, sameInstance } from "./text.ts";

const softirqs = catalogue.softirq.total;
const perInstance = without(softirqs, "cpu", "vector");

const netRx = {
  record: "instance:virtloss_softirq_net_rx:rate5m",
  expr: promql`sum ${perInstance} (rate(${softirqs}{vector="NET_RX"}[5m]))`,
};
const cpus = {
  record: "instance:virtloss_softirq_cpus:count",
  expr: promql`count ${perInstance} (${softirqs}{vector="NET_RX"})`,
};
const busiest = {
  record: "instance:virtloss_softirq_busiest:ratio_rate5m",
  expr: promql`max ${perInstance} (rate(${softirqs}{vector="NET_RX"}[5m])) / (${netRx} > 0)`,
};
/** 1 where all CPUs share evenly; the number of CPUs where one does all. */
const imbalance = {
  record: "instance:virtloss_softirq_imbalance:ratio_rate5m",
  expr: promql`${busiest} * ${cpus}`,
};

export const softirqRecords = { netRx, cpus, busiest, imbalance };

/** On a host it is the physical NIC that all its virtual machines share: their paths count as its own. */
function softirqImbalance({ thresholds: t }: PackOptions): readonly AlertRule[] {
  return infoAndWarning(
    {
      alert: "VirtlossSoftirqImbalance",
      expr: promql`
        ${busiest} > ${t.softirqBusiestRatio}
        and ${cpus} >= 2
        and ${netRx} >= ${t.softirqRate}`,
      // Flows come and go; only a lasting imbalance is a matter of set-up.
      for: "10m",
      keepFiringFor: "10m",
      summary: "One CPU of {{ $labels.instance }} does nearly all network receive work",
      description:
        `${sameInstance}The busiest of ` +
        `${current(cpus, 'printf "%.0f"')} CPUs serves {{ $value | humanizePercentage }} of ` +
        `${current(netRx, 'printf "%.0f"')} NET_RX softirqs a second (limit ${percent(t.softirqBusiestRatio)}). ` +
        `More queues, or receive packet steering, would spread them. ${losingPathsHere}` +
        "First, on the machine of {{ $labels.instance }}: grep -E 'CPU|NET_RX' /proc/softirqs; ethtool -l DEVICE",
    },
    machineLoses,
  );
}

export function guestGroups(options: PackOptions): readonly RuleGroup[] {
  return [
    {
      name: "virtloss.guest",
      rules: [netRx, cpus, busiest, imbalance, ...softirqImbalance(options)],
    },
  ];
}

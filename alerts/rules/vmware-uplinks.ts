import { catalogue } from "../../src/catalogue.ts";
import { promql } from "../../src/metrics/promql.ts";
import { hostLoses, infoAndWarning, vmCause } from "./cause.ts";
import { losingPathsOnHost } from "./cause-text.ts";
import { join } from "./join.ts";
import type { AlertRule, PackOptions, RuleGroup } from "./rule.ts";
import { current, percent, sameLabels } from "./text.ts";

/** Physical NICs of ESXi hosts, as their vCenter tells. */
const { uplink, uplinkSpeed, uplinkPackets, uplinkDrops, uplinkErrors } = catalogue.vcenter;

const drops = { record: "uplink:virtloss_drops:rate5m", expr: promql`rate(${uplinkDrops}[5m])` };
const dropRatio = {
  record: "uplink:virtloss_drops:ratio_rate5m",
  expr: promql`${drops} / (${drops} + rate(${uplinkPackets}[5m]) > 0)`,
};
const errors = { record: "uplink:virtloss_errors:rate5m", expr: promql`rate(${uplinkErrors}[5m])` };
const errorRatio = {
  record: "uplink:virtloss_errors:ratio_rate5m",
  expr: promql`${errors} / (${errors} + rate(${uplinkPackets}[5m]) > 0)`,
};
/** Only of NICs that some switch uses. */
const speed = {
  record: "uplink:virtloss_speed:bytes_per_second",
  expr: promql`${uplinkSpeed} * on (job, instance, host, device) group_left (switch) ${uplink}{switch!=""}`,
};

export const uplinkRecords = { drops, dropRatio, errors, errorRatio, speed };

const faulty = { alert: "VirtlossUplinkFaulty", for: "5m", keepFiringFor: "5m" } as const;
const theUplink = "{{ $labels.device }} of host {{ $labels.host }}";
const sameUplink = sameLabels("instance", "host", "device", "direction");
const statistics =
  "First, on {{ $labels.host }}: esxcli network nic stats get -n {{ $labels.device }}; then the same port's counters on the physical switch";

function uplinkDropping({ thresholds: t }: PackOptions): readonly AlertRule[] {
  return infoAndWarning(
    {
      ...faulty,
      reason: "drops",
      expr: promql`${dropRatio} > ${t.dropRatio} and ${drops} >= ${t.dropRate}`,
      summary: `Uplink ${theUplink} drops packets ({{ $labels.direction }})`,
      description:
        `${sameUplink}{{ $value | humanizePercentage }} of its packets were dropped in the last 5 min, ${current(drops, "humanize")} a second (limit ${percent(t.dropRatio)}). ` +
        `Received ones: the host did not take them in time, or its ring is small. Sent ones: more than the link carries. ${losingPathsOnHost}${statistics}`,
    },
    hostLoses,
  );
}

function uplinkErring({ thresholds: t }: PackOptions): readonly AlertRule[] {
  return infoAndWarning(
    {
      ...faulty,
      reason: "errors",
      expr: promql`${errorRatio} > ${t.dropRatio} and ${errors} >= ${t.dropRate}`,
      summary: `Uplink ${theUplink} has packets with errors ({{ $labels.direction }})`,
      description:
        `${sameUplink}{{ $value | humanizePercentage }} of its packets in the last 5 min, ${current(errors, "humanize")} a second (limit ${percent(t.dropRatio)}): ` +
        `cable, transceiver or port. ${losingPathsOnHost}${statistics}`,
    },
    hostLoses,
  );
}

const links = "First, on {{ $labels.host }}: esxcli network nic list";

function uplinkDown(): readonly AlertRule[] {
  return infoAndWarning(
    {
      ...faulty,
      reason: "down",
      expr: promql`${speed} == 0`,
      summary: `Uplink ${theUplink} has no link`,
      description:
        `{{ $labels.switch }} has it as an uplink. Its machines use the others, which carry more; without another they are cut off. ` +
        `${losingPathsOnHost}${links}; then cable, transceiver and the physical switch's port`,
    },
    hostLoses,
  );
}

function uplinkSlow(): readonly AlertRule[] {
  return infoAndWarning(
    {
      ...faulty,
      reason: "speed",
      expr: promql`
        8 * (${speed} > 0) / 1e6
        < on (job, instance, host, switch) group_left ()
        max by (job, instance, host, switch) (8 * ${speed} / 1e6)`,
      summary: `Uplink ${theUplink} is slower than its siblings: {{ $value | printf "%.0f" }} Mbit/s`,
      description:
        `{{ $labels.switch }} spreads its machines over uplinks of different speeds; those on this one lose first. ` +
        `${losingPathsOnHost}${links}; look for a speed that was negotiated down`,
    },
    hostLoses,
  );
}

export function vmwareUplinkGroups(options: PackOptions): readonly RuleGroup[] {
  const t = options.thresholds;
  return [
    {
      name: "virtloss.vmware_uplinks",
      rules: [
        ...Object.values(uplinkRecords),
        vmCause({
          code: "uplink_loss",
          says: "an uplink of its host drops packets",
          unit: "ratio",
          expr: promql`
            ${join.home}{hypervisor="vmware"}
            * on (host) group_left () max by (host) (${dropRatio} > ${t.dropRatio} and ${drops} >= ${t.dropRate})`,
        }),
        vmCause({
          code: "uplink_loss",
          says: "an uplink of its host has errors",
          unit: "ratio",
          expr: promql`
            ${join.home}{hypervisor="vmware"}
            * on (host) group_left () max by (host) (${errorRatio} > ${t.dropRatio} and ${errors} >= ${t.dropRate})`,
        }),
        ...uplinkDropping(options),
        ...uplinkErring(options),
        ...uplinkDown(),
        ...uplinkSlow(),
      ],
    },
  ];
}

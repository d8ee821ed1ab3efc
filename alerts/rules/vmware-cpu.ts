import { catalogue } from "../../src/catalogue.ts";
import { promql, without } from "../../src/metrics/promql.ts";
import { vmCause } from "./cause.ts";
import { losingPathsOfVm } from "./cause-text.ts";
import { atHome } from "./join.ts";
import { vmRecords } from "./kvm.ts";
import type { AlertRule, PackOptions, RuleGroup } from "./rule.ts";
import { current, megahertz, percent, sameVm, theVm, whereKnown } from "./text.ts";
import { recentEventsOfVm } from "./vm-events.ts";

const { vm } = catalogue;

const costop = {
  record: "vm:virtloss_costop:ratio_rate5m",
  expr: atHome(promql`max ${without(vm.costop, "vcpu")} (rate(${vm.costop}[5m]))`),
};

export const vmwareCpuRecords = { costop };

/** Only the host knows it: the guest's clock stands still meanwhile. So it is a warning with or without loss. */
function costopHigh({ thresholds: t }: PackOptions): AlertRule {
  return {
    alert: "VirtlossVcpuCostopHigh",
    expr: promql`${costop} > ${t.costopRatio}`,
    for: "5m",
    keepFiringFor: "5m",
    severity: "warning",
    summary: `${theVm} is held so that its vCPUs keep step: {{ $value | humanizePercentage }} of the time`,
    description:
      `${sameVm}In the last 5 min its worst vCPU was stopped (co-stop) for {{ $value | humanizePercentage }} of the time (limit ${percent(t.costopRatio)}): ` +
      `its host did not find CPUs for all ${current(vm.vcpus, 'printf "%.0f"')} vCPUs together. A stopped vCPU empties no ring, and the guest logs nothing. ` +
      `${recentEventsOfVm}${losingPathsOfVm}Give it fewer vCPUs, or move it to a host with more free CPUs; remove old snapshots, which cause it too. ` +
      "First, on {{ $labels.host }}: esxtop, key c, field %CSTP",
  };
}

function cpuLimitHit({ thresholds: t }: PackOptions): AlertRule {
  return {
    alert: "VirtlossCpuLimitHit",
    expr: promql`${vmRecords.limited} > ${t.limitedRatio}`,
    for: "5m",
    keepFiringFor: "5m",
    severity: "warning",
    summary: `${theVm} is held by its CPU limit: {{ $value | humanizePercentage }} of the time`,
    description:
      `${sameVm}In the last 5 min its worst vCPU had work for {{ $value | humanizePercentage }} of the time and was kept from it by a limit (${percent(t.limitedRatio)} is allowed), ` +
      "whatever its host had free. " +
      whereKnown(
        vm.cpuLimit,
        `The machine's limit is ${megahertz(vm.cpuLimit)} for ${current(vm.vcpus, 'printf "%.0f"')} vCPUs. `,
      ) +
      `${losingPathsOfVm}Take the limit away, or set it to vCPUs times the clock of the host; where the machine has none, its resource pool has. ` +
      "First, in the vSphere Client: Edit Settings, CPU, Limit; on {{ $labels.host }}: esxtop, key c, field %MLMTD",
  };
}

export function vmwareCpuGroups(options: PackOptions): readonly RuleGroup[] {
  const t = options.thresholds;
  return [
    {
      name: "virtloss.vmware_cpu",
      rules: [
        costop,
        vmCause({
          code: "host_cpu_contention",
          says: "its vCPUs are stopped to keep step",
          unit: "ratio",
          expr: promql`${costop} > ${t.costopRatio}`,
        }),
        vmCause({
          code: "host_cpu_contention",
          says: "its CPU limit holds it",
          unit: "ratio",
          expr: promql`${vmRecords.limited} > ${t.limitedRatio}`,
        }),
        costopHigh(options),
        cpuLimitHit(options),
      ],
    },
  ];
}

import type { Thresholds } from "../../src/analysis/thresholds.ts";
import { catalogue } from "../../src/catalogue.ts";
import { type PromQL, promql, without } from "../../src/metrics/promql.ts";
import { infoAndWarning, vmCause, vmLoses } from "./cause.ts";
import { losingPathsOfVm } from "./cause-text.ts";
import { atHome, join, perExporter } from "./join.ts";
import type { AlertRule, PackOptions, RuleGroup } from "./rule.ts";
import { current, percent, sameLabels, sameVm, theVm, whereKnown } from "./text.ts";

const { vm } = catalogue;

/** By vCPU, once, whoever tells of it. Counters of a machine that left are stale at once; their rate would live on. */
const ready = {
  record: "vcpu:virtloss_ready:ratio_rate5m",
  expr: promql`
    max by (hypervisor, vm, vm_uuid, vcpu) (rate(${vm.ready}{vm_uuid!=""}[5m]) and ${vm.ready})
    or (rate(${vm.ready}{vm_uuid=""}[5m]) and ${vm.ready})`,
};
const worstReady = {
  record: "vm:virtloss_ready:ratio_rate5m",
  expr: atHome(promql`max ${without(vm.ready, "vcpu")} (rate(${vm.ready}[5m]))`),
};

const toGuestDrops = {
  record: "vm_nic:virtloss_to_guest_drops:rate5m",
  expr: atHome(promql`rate(${vm.nicDrops}{direction="to_guest"}[5m])`),
};
/** Of all packets that the host had for the guest: those dropped are not among those handed over. */
const toGuestDropRatio = {
  record: "vm_nic:virtloss_to_guest_drops:ratio_rate5m",
  expr: promql`
    ${toGuestDrops}
    / (${toGuestDrops} + on (job, instance, vm, vm_uuid, mac, direction) group_left () rate(${vm.nicPackets}[5m]) > 0)`,
};
const ballooned = {
  record: "vm:virtloss_memory_ballooned:ratio",
  expr: atHome(promql`${vm.memoryBallooned} / (${vm.memoryMax} > 0)`),
};

export const vmRecords = { ready, worstReady, toGuestDrops, toGuestDropRatio, ballooned };

const worstVcpu =
  `{{ with query (printf "topk(1, ${ready.record}{vm=%q,vm_uuid=%q})" $labels.vm $labels.vm_uuid) }}` +
  'vCPU {{ . | first | label "vcpu" }}{{ else }}a vCPU{{ end }}';

const overcommit =
  '{{ with query (printf "host:virtloss_cpu_overcommit:ratio{instance=%q,host=%q}" $labels.instance $labels.host) }}' +
  'The host\'s machines have {{ . | first | value | printf "%.1f" }} vCPUs for each of its CPUs. {{ end }}';

const kvmOrVmware = (kvm: string, vmware: string) =>
  `{{ if eq $labels.hypervisor "vmware" }}${vmware}{{ else }}${kvm}{{ end }}`;

/** Pages nobody by itself, and is a warning with or without loss: the guest cannot see what it loses by it. */
function vcpuReadyHigh({ thresholds: t }: PackOptions): AlertRule {
  return {
    alert: "VirtlossVcpuReadyHigh",
    expr: promql`${worstReady} > ${t.readyRatio}`,
    for: "5m",
    keepFiringFor: "5m",
    severity: "warning",
    summary: `${theVm} waits for CPU: {{ $value | humanizePercentage }} of the time`,
    description:
      `${sameVm}In the last 5 min ${worstVcpu} had work for {{ $value | humanizePercentage }} of the time and did not run ` +
      `(limit ${percent(t.readyRatio)}); while a vCPU waits it empties no ring, and the guest logs nothing. ` +
      `${overcommit}${whereKnown(vm.vcpuQuota, `A quota gives each vCPU ${current(vm.vcpuQuota, "humanizePercentage")} of a CPU, and waiting for it counts. `)}` +
      `${losingPathsOfVm}Pin its vCPUs, give it fewer, or keep CPU for it. ` +
      `First, on {{ $labels.host }}: ${kvmOrVmware("virsh vcpuinfo {{ $labels.vm }}; virsh schedinfo {{ $labels.vm }}", "esxtop, field %RDY")}`,
  };
}

const sameNic = sameLabels("instance", "vm", "vm_uuid", "mac");

function guestRingFull({ thresholds: t }: PackOptions): readonly AlertRule[] {
  return infoAndWarning(
    {
      alert: "VirtlossGuestRingFull",
      expr: promql`
        ${toGuestDropRatio} > ${t.dropRatio}
        and ${toGuestDrops} >= ${t.dropRate}
        unless ${perExporter} ${vm.paused} == 1`,
      for: "5m",
      keepFiringFor: "5m",
      summary: `${theVm} does not take its packets in time`,
      description:
        `${sameNic}{{ $value | humanizePercentage }} of the packets for its NIC {{ $labels.mac }} were dropped in the last 5 min, ` +
        `${current(toGuestDrops, "humanize")} a second (limit ${percent(t.dropRatio)}): its ring was full. No counter of the guest shows them. ` +
        `${sameVm}${whereKnown(worstReady, `Its worst vCPU waits ${current(worstReady, "humanizePercentage")} of the time. `)}${losingPathsOfVm}` +
        "First, in the guest: ethtool -g DEVICE; ethtool -l DEVICE",
    },
    vmLoses,
  );
}

/** A balloon that was always there is how a machine was sized; one that grew, or makes the guest swap, takes memory in use. */
const balloonTakes = (t: Thresholds): PromQL => promql`
  ${ballooned} > ${t.balloonRatio}
  and ${perExporter} (
    ${vm.memoryBallooned} - min_over_time(${vm.memoryBallooned}[1h]) > ${t.balloonRatio} * ${vm.memoryMax}
    or rate(${vm.guestSwapIn}[5m]) + rate(${vm.guestSwapOut}[5m]) > ${t.swapRate}
  )`;

function balloonPressure({ thresholds: t }: PackOptions): readonly AlertRule[] {
  return infoAndWarning(
    {
      alert: "VirtlossMemoryPressure",
      reason: "balloon",
      expr: balloonTakes(t),
      for: "5m",
      keepFiringFor: "10m",
      summary: `${theVm} has lost memory to its balloon`,
      description:
        `${sameVm}The balloon holds {{ $value | humanizePercentage }} of its memory, ` +
        `${current(vm.memoryBallooned, "humanize1024")}B (limit ${percent(t.balloonRatio)}), and either took it within the last hour or makes the guest swap. ` +
        "While pages are taken or read back, its vCPUs stand still. " +
        `${losingPathsOfVm}First, on {{ $labels.host }}: ${kvmOrVmware("virsh dommemstat {{ $labels.vm }}; free -m", "esxtop, memory view, field MCTLSZ")}`,
    },
    vmLoses,
  );
}

const running = promql`count by (vm_uuid, vm, host) (${vm.info}{vm_uuid!=""} unless ${perExporter} ${vm.paused} == 1)`;

/** A machine that migrates is paused on one side; two that run at once are two. */
function uuidNotUnique(): AlertRule {
  return {
    alert: "VirtlossVmUuidNotUnique",
    expr: promql`${join.home} * on (vm_uuid) group_left () (count by (vm_uuid) (${running}) > 1)`,
    for: "15m",
    severity: "info",
    summary: `${theVm} shares its UUID with another machine`,
    description:
      '{{ $value | printf "%.0f" }} machines run with the UUID {{ $labels.vm_uuid }}: ' +
      `{{ range $i, $_ := query (printf "${vm.info.name}{vm_uuid=%q}" $labels.vm_uuid) | sortByLabel "vm" }}{{ if $i }}, {{ end }}` +
      '{{ label "vm" . }} on {{ label "host" . }}{{ end }}. Their guests can be told apart by MAC only, and machines of one name are shown as one. ' +
      "First, on {{ $labels.host }}: virsh domuuid {{ $labels.vm }}",
  };
}

export function kvmGroups(options: PackOptions): readonly RuleGroup[] {
  const t = options.thresholds;
  return [
    {
      name: "virtloss.vm",
      rules: [
        ...Object.values(vmRecords),
        vmCause({
          code: "host_cpu_contention",
          says: "a vCPU waits for a CPU of the host",
          unit: "ratio",
          expr: promql`${worstReady} > ${t.readyRatio}`,
        }),
        vmCause({
          code: "virtual_switch_drops",
          says: "the host drops packets because the guest's ring is full",
          unit: "ratio",
          expr: promql`${toGuestDropRatio} > ${t.dropRatio} and ${toGuestDrops} >= ${t.dropRate}`,
        }),
        vmCause({
          code: "emulated_nic",
          says: "a NIC of it is emulated hardware",
          unit: "fact",
          expr: promql`${vm.nicInfo}{kind="emulated"} and ${perExporter} ${join.home}`,
        }),
        vmCause({
          code: "memory_pressure",
          says: "its balloon takes memory in use",
          unit: "ratio",
          expr: balloonTakes(t),
        }),
        vcpuReadyHigh(options),
        ...guestRingFull(options),
        ...balloonPressure(options),
        uuidNotUnique(),
      ],
    },
  ];
}

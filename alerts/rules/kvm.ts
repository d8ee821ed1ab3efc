import type { Thresholds } from "../../src/analysis/thresholds.ts";
import { catalogue } from "../../src/catalogue.ts";
import { type PromQL, promql, without } from "../../src/metrics/promql.ts";
import { infoAndWarning, vmCause, vmLoses } from "./cause.ts";
import { losingPathsOfVm } from "./cause-text.ts";
import { atHome, join, perExporter } from "./join.ts";
import type { AlertRule, PackOptions, RuleGroup } from "./rule.ts";
import { current, kvmOrVmware, megahertz, percent, sameLabels, sameVm, theVm, whereKnown } from "./text.ts";
import { eventCauses, recentEventsOfVm } from "./vm-events.ts";

const { vm, vcenter } = catalogue;

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
/** Part of the time that it was ready: VMware counts it there as well. */
const limited = {
  record: "vm:virtloss_cpu_limited:ratio_rate5m",
  expr: atHome(promql`max ${without(vm.limited, "vcpu")} (rate(${vm.limited}[5m]))`),
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

const hostSwapIn = {
  record: "vm:virtloss_host_swap_in:rate5m",
  expr: atHome(promql`rate(${vm.hostSwapIn}[5m])`),
};

export const vmRecords = { ready, worstReady, limited, toGuestDrops, toGuestDropRatio, ballooned, hostSwapIn };

const worstVcpu =
  `{{ with query (printf "topk(1, ${ready.record}{vm=%q,vm_uuid=%q})" $labels.vm $labels.vm_uuid) }}` +
  'vCPU {{ . | first | label "vcpu" }}{{ else }}a vCPU{{ end }}';

const overcommit =
  '{{ with query (printf "host:virtloss_cpu_overcommit:ratio{instance=%q,host=%q}" $labels.instance $labels.host) }}' +
  'The host\'s machines have {{ . | first | value | printf "%.1f" }} vCPUs for each of its CPUs. {{ end }}';

/** What all vCPUs of a machine can use. */
const inFull =
  `{{ with query (printf "${vm.vcpus.name}{instance=%q,vm=%q,vm_uuid=%q} * on (job, instance) group_left () ` +
  `${vcenter.hostClock.name}{host=%q} / 1e6" $labels.instance $labels.vm $labels.vm_uuid $labels.host) }}` +
  '{{ . | first | value | printf "%.0f" }} MHz{{ else }}their number times the clock of the host{{ end }}';

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
      `${whereKnown(limited, `Its own CPU limit keeps it for ${current(limited, "humanizePercentage")} of the time. `)}` +
      `${recentEventsOfVm}${losingPathsOfVm}` +
      kvmOrVmware(
        "Pin its vCPUs, give it fewer, or keep CPU for it. " +
          "First, on {{ $labels.host }}: virsh vcpuinfo {{ $labels.vm }}; virsh schedinfo {{ $labels.vm }}",
        `Reserve CPU for it (now ${megahertz(vm.cpuReservation)}; its vCPUs in full: ${inFull}), give it fewer vCPUs, or move it to another host. ` +
          "First, on {{ $labels.host }}: esxtop, key c, field %RDY",
      ),
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
        `${sameVm}${whereKnown(worstReady, `Its worst vCPU waits ${current(worstReady, "humanizePercentage")} of the time. `)}${recentEventsOfVm}${losingPathsOfVm}` +
        kvmOrVmware(
          "First, in the guest: ethtool -g DEVICE; ethtool -l DEVICE",
          "VMXNET3's ring holds 4096 packets at most, and few by default. " +
            "First, on {{ $labels.host }}: esxtop, key n, field %DRPRX; in the guest: ethtool -g DEVICE; ethtool -G DEVICE rx 4096",
        ),
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
        `${losingPathsOfVm}${kvmOrVmware(
          "First, on {{ $labels.host }}: virsh dommemstat {{ $labels.vm }}; free -m",
          "Reserve its memory, or move it. First, on {{ $labels.host }}: esxtop, key m, field MCTLSZ",
        )}`,
    },
    vmLoses,
  );
}

/** The guest does not know: what it takes for memory is on its host's disk. */
function hostSwaps({ thresholds: t }: PackOptions): readonly AlertRule[] {
  return infoAndWarning(
    {
      alert: "VirtlossMemoryPressure",
      reason: "host_swap",
      expr: promql`${hostSwapIn} > ${t.swapRate}`,
      for: "5m",
      keepFiringFor: "10m",
      summary: `${theVm} waits for memory that its host had swapped out`,
      description:
        `${sameVm}{{ $value | humanize1024 }}B a second were read back in the last 5 min (limit ${t.swapRate / 1_048_576} MiB); ` +
        `${current(vm.memoryHostSwapped, "humanize1024")}B of its memory are still in the host's swap. A vCPU that needs such a page stands still until it is there. ` +
        `${losingPathsOfVm}Reserve its memory, or move it to a host that has enough. First, on {{ $labels.host }}: esxtop, key m, fields SWCUR and SWR/s`,
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
      `First, on {{ $labels.host }}: ${kvmOrVmware("virsh domuuid {{ $labels.vm }}", "uuid.bios in the machine's .vmx file")}`,
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
        vmCause({
          code: "memory_pressure",
          says: "its host reads its memory back from swap",
          unit: "bytes_per_second",
          expr: promql`${hostSwapIn} > ${t.swapRate}`,
        }),
        ...eventCauses,
        vcpuReadyHigh(options),
        ...guestRingFull(options),
        ...balloonPressure(options),
        ...hostSwaps(options),
        uuidNotUnique(),
      ],
    },
  ];
}

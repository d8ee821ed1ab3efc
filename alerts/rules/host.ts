import { catalogue } from "../../src/catalogue.ts";
import { promql, without } from "../../src/metrics/promql.ts";
import { hostLoses, infoAndWarning, machineCause, machineLoses, vmCause } from "./cause.ts";
import { losingPathsHere, losingPathsOnHost } from "./cause-text.ts";
import { softirqRecords } from "./guest.ts";
import { atHome, join, perExporter } from "./join.ts";
import type { AlertRule, PackOptions, RuleGroup } from "./rule.ts";
import { current, kvmOrVmware, percent, sameLabels, whereKnown } from "./text.ts";

const { vm, memory, pressure, cpu } = catalogue;

const notPaused = promql`unless ${perExporter} ${vm.paused} == 1`;

const vcpus = {
  record: "host:virtloss_vcpus:sum",
  expr: promql`
    sum ${without(vm.vcpus, "vm", "vm_uuid")} (${atHome(promql`${vm.vcpus} ${notPaused}`)})`,
};
const pinned = {
  record: "host:virtloss_pinned_vcpus:sum",
  expr: promql`
    sum ${without(vm.pinnedVcpus, "vm", "vm_uuid")} (${atHome(promql`${vm.pinnedVcpus} ${notPaused}`)})`,
};
const overcommit = {
  record: "host:virtloss_cpu_overcommit:ratio",
  expr: promql`${vcpus} / on (job, instance, host) group_left () (${vm.hostCpus} > 0)`,
};
/** Of vCPUs that may run anywhere; those that are pinned crowd no others out. */
const unpinnedOvercommit = {
  record: "host:virtloss_unpinned_cpu_overcommit:ratio",
  expr: promql`(${vcpus} - ${pinned}) / on (job, instance, host) group_left () (${vm.hostCpus} > 0)`,
};

const swapRate = {
  record: "instance:virtloss_memory_swap_in:rate5m",
  expr: promql`rate(${memory.swapIn}[5m])`,
};
const memoryPressure = {
  record: "instance:virtloss_memory_pressure:ratio_rate5m",
  expr: promql`sum ${without(pressure.stalled, "resource", "share")} (rate(${pressure.stalled}{resource="memory", share="some"}[5m]))`,
};
const ksmCopies = {
  record: "instance:virtloss_ksm_copies:rate5m",
  expr: promql`sum ${without(memory.ksmCopies, "cause")} (rate(${memory.ksmCopies}[5m]))`,
};

export const hostRecords = {
  vcpus,
  pinned,
  overcommit,
  unpinnedOvercommit,
  swapRate,
  memoryPressure,
  ksmCopies,
};

function cpuOvercommit({ thresholds: t }: PackOptions): readonly AlertRule[] {
  return infoAndWarning(
    {
      alert: "VirtlossCpuOvercommit",
      expr: promql`${overcommit} > ${t.overcommitRatio}`,
      for: "15m",
      keepFiringFor: "15m",
      summary: 'Host {{ $labels.host }} runs {{ $value | printf "%.1f" }} vCPUs for each of its CPUs',
      description:
        `${sameLabels("instance", "host")}${current(vcpus, 'printf "%.0f"')} vCPUs of running machines share ` +
        `${current(vm.hostCpus, 'printf "%.0f"')} CPUs (limit ${t.overcommitRatio} to 1${whereKnown(pinned, `; pinned: ${current(pinned, 'printf "%.0f"')}`)}). ` +
        "Once they are busy together, some wait while their rings fill. " +
        `${losingPathsOnHost}First, on {{ $labels.host }}: ${kvmOrVmware("virsh list; virsh domstats --vcpu", "esxtop, key c, fields NWLD and %RDY")}`,
    },
    hostLoses,
  );
}

const memoryAlert = { alert: "VirtlossMemoryPressure", for: "5m", keepFiringFor: "10m" } as const;

function swapping({ thresholds: t }: PackOptions): readonly AlertRule[] {
  return infoAndWarning(
    {
      ...memoryAlert,
      reason: "swap",
      expr: promql`${swapRate} > ${t.swapRate}`,
      summary: "{{ $labels.instance }} reads memory back from swap",
      description:
        `{{ $value | humanize1024 }}B a second were read back in the last 5 min (limit ${t.swapRate / 1_048_576} MiB). ` +
        "Whoever needs such a page, a vCPU or vhost thread included, stands still until it is there. " +
        `${losingPathsHere}First, on the machine of {{ $labels.instance }}: vmstat 1 5; free -m`,
    },
    machineLoses,
  );
}

function underPressure({ thresholds: t }: PackOptions): readonly AlertRule[] {
  return infoAndWarning(
    {
      ...memoryAlert,
      reason: "pressure",
      expr: promql`${memoryPressure} > ${t.memoryPressureRatio}`,
      summary: "Work on {{ $labels.instance }} waits for memory",
      description:
        `In {{ $value | humanizePercentage }} of the last 5 min some task waited for memory (limit ${percent(t.memoryPressureRatio)}). ` +
        `${losingPathsHere}First, on the machine of {{ $labels.instance }}: cat /proc/pressure/memory; free -m`,
    },
    machineLoses,
  );
}

function copyOnWrite({ thresholds: t }: PackOptions): readonly AlertRule[] {
  return infoAndWarning(
    {
      ...memoryAlert,
      reason: "ksm",
      expr: promql`${ksmCopies} > ${t.ksmCopyRate}`,
      summary: "{{ $labels.instance }} copies pages that KSM had merged",
      description:
        `{{ $value | humanize }} pages a second had to be copied in the last 5 min (limit ${t.ksmCopyRate}): ` +
        "each stops the vCPU that wrote to it. " +
        `${losingPathsHere}First, on the machine of {{ $labels.instance }}: grep . /sys/kernel/mm/ksm/*`,
    },
    machineLoses,
  );
}

export function hostGroups(options: PackOptions): readonly RuleGroup[] {
  const t = options.thresholds;
  return [
    {
      name: "virtloss.host",
      rules: [
        ...Object.values(hostRecords),
        machineCause({
          code: "overcommit",
          says: "the host has more vCPUs than it can run",
          unit: "times",
          expr: promql`${overcommit}{hypervisor!="vmware"} > ${t.overcommitRatio}`,
        }),
        vmCause({
          code: "overcommit",
          says: "its host has more vCPUs than it can run",
          unit: "times",
          expr: promql`
            ${join.home}{hypervisor="vmware"}
            * on (job, instance, host) group_left () (${overcommit}{hypervisor="vmware"} > ${t.overcommitRatio})`,
        }),
        machineCause({
          code: "memory_pressure",
          says: "memory is read back from swap",
          unit: "bytes_per_second",
          expr: promql`${swapRate} > ${t.swapRate}`,
        }),
        machineCause({
          code: "memory_pressure",
          says: "work waits for memory",
          unit: "ratio",
          expr: promql`${memoryPressure} > ${t.memoryPressureRatio}`,
        }),
        machineCause({
          code: "memory_pressure",
          says: "pages that KSM had merged are copied",
          unit: "per_second",
          expr: promql`${ksmCopies} > ${t.ksmCopyRate}`,
        }),
        machineCause({
          code: "host_cpu_contention",
          says: "its hypervisor takes CPU time away",
          unit: "ratio",
          expr: promql`rate(${cpu.steal}[5m]) > ${t.stealRatio}`,
        }),
        machineCause({
          code: "softirq_imbalance",
          says: "one CPU does nearly all network receive work",
          unit: "ratio",
          expr: promql`
            ${softirqRecords.busiest} > ${t.softirqBusiestRatio}
            and ${softirqRecords.cpus} >= 2
            and ${softirqRecords.netRx} >= ${t.softirqRate}`,
        }),
        ...cpuOvercommit(options),
        ...swapping(options),
        ...underPressure(options),
        ...copyOnWrite(options),
      ],
    },
  ];
}

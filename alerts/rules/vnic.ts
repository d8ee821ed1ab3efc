import { catalogue } from "../../src/catalogue.ts";
import { promql, without } from "../../src/metrics/promql.ts";
import { infoAndWarning, machineLoses, vmLoses } from "./cause.ts";
import { losingPathsHere, losingPathsOfVm } from "./cause-text.ts";
import { softirqRecords } from "./guest.ts";
import { atHome, join, perExporter } from "./join.ts";
import type { AlertRule, PackOptions, RuleGroup } from "./rule.ts";
import { current, kvmOrVmware, sameInstance, sameLabels, theVm } from "./text.ts";

const { vm, nic } = catalogue;

/**
 * What is wrong with a NIC is seen from both sides, and is told once: of an emulated one by the host, which names model and
 * machine; of its queues by the guest, which can change them.
 */
const sameNic = promql`on (vm, vm_uuid, mac)`;
const emulatedByHost = promql`${vm.nicInfo}{kind="emulated"}`;

function emulatedSeenByHost(): AlertRule {
  return {
    alert: "VirtlossNicEmulated",
    reason: "host",
    expr: atHome(emulatedByHost),
    for: "5m",
    severity: "warning",
    summary: `${theVm} has an emulated NIC ({{ $labels.model }})`,
    description:
      "NIC {{ $labels.mac }} imitates real hardware ({{ $labels.model }}) register by register: at packet rates that virtio or VMXNET3 carry, it loses. " +
      `${losingPathsOfVm}${kvmOrVmware(
        "First, on {{ $labels.host }}: virsh edit {{ $labels.vm }}, <model type='virtio'/>",
        "First, in the vSphere Client, with VMware Tools in the guest and the machine off: replace the adapter by one of type VMXNET3, " +
          "same network ({{ $labels.network }}) and MAC",
      )}`,
  };
}

const guestsVm =
  `{{ with query (printf "${join.guestVm.record}{instance=%q}" $labels.instance) }}` +
  'This is VM {{ . | first | label "vm" }} on host {{ . | first | label "host" }}. {{ end }}';

function emulatedSeenByGuest(): AlertRule {
  return {
    alert: "VirtlossNicEmulated",
    reason: "guest",
    expr: promql`
      ${nic.info}{kind="emulated"}
      unless on (job, instance, device) (${join.guestNic} and ${sameNic} ${emulatedByHost})`,
    for: "5m",
    severity: "warning",
    summary: "Interface {{ $labels.device }} of {{ $labels.instance }} is emulated hardware ({{ $labels.driver }})",
    description:
      `${guestsVm}Its hypervisor imitates a real card, MAC {{ $labels.mac }}, register by register: at packet rates that virtio or VMXNET3 carry, it loses. ` +
      "First, on the machine of {{ $labels.instance }}: ethtool -i {{ $labels.device }}",
  };
}

const guestRate = promql`sum ${without(nic.packets, "direction")} (rate(${nic.packets}[5m]))`;
const hostRate = promql`sum ${without(vm.nicPackets, "direction")} (rate(${vm.nicPackets}[5m]))`;

/** One queue is one CPU's work. Told only of a NIC that carries enough for this to matter, and not of emulated ones, which have no more. */
function singleQueueSeenByGuest({ thresholds: t }: PackOptions): readonly AlertRule[] {
  return infoAndWarning(
    {
      alert: "VirtlossNicSingleQueue",
      reason: "guest",
      expr: promql`
        (sum ${without(nic.queues, "direction")} (${nic.queues}{direction=~"receive|combined"}) == 1)
        and on (job, instance, device) ${guestRate} >= ${t.singleQueueRate}
        and on (job, instance, device) ${nic.info}{kind!~"emulated|virtual"}
        and on (job, instance) ${softirqRecords.cpus} >= 2`,
      for: "10m",
      keepFiringFor: "10m",
      summary:
        "Interface {{ $labels.device }} of {{ $labels.instance }} receives with one queue on a machine with several CPUs",
      description:
        `${guestsVm}${sameInstance}One of ${current(softirqRecords.cpus, 'printf "%.0f"')} CPUs takes all packets of {{ $labels.device }}. ` +
        `${losingPathsHere}First, on the machine of {{ $labels.instance }}: ethtool -l {{ $labels.device }}; ethtool -L {{ $labels.device }} combined N`,
    },
    machineLoses,
  );
}

const sameVm = sameLabels("instance", "vm", "vm_uuid");

function singleQueueSeenByHost({ thresholds: t }: PackOptions): readonly AlertRule[] {
  return infoAndWarning(
    {
      alert: "VirtlossNicSingleQueue",
      reason: "host",
      expr: promql`
        ${atHome(promql`${vm.nicQueues} == 1`)}
        and on (job, instance, vm, vm_uuid, mac) ${hostRate} >= ${t.singleQueueRate}
        and on (job, instance, vm, vm_uuid, mac) ${vm.nicInfo}{kind="paravirtual"}
        and ${perExporter} ${vm.vcpus} >= 2
        unless ${sameNic} ${join.guestNic}`,
      for: "10m",
      keepFiringFor: "10m",
      summary: `${theVm} has several vCPUs and one queue for them`,
      description:
        `${sameVm}One of ${current(vm.vcpus, 'printf "%.0f"')} vCPUs takes all packets of NIC {{ $labels.mac }}. ` +
        `${losingPathsOfVm}First, on {{ $labels.host }}: virsh edit {{ $labels.vm }}, <driver name='vhost' queues='N'/>; in the guest: ethtool -L DEVICE combined N`,
    },
    vmLoses,
  );
}

export function vnicGroups(options: PackOptions): readonly RuleGroup[] {
  return [
    {
      name: "virtloss.vnic",
      rules: [
        emulatedSeenByHost(),
        emulatedSeenByGuest(),
        ...singleQueueSeenByGuest(options),
        ...singleQueueSeenByHost(options),
      ],
    },
  ];
}

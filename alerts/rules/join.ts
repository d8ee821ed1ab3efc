import type { Thresholds } from "../../src/analysis/thresholds.ts";
import { catalogue } from "../../src/catalogue.ts";
import { type PromQL, promql, type RecordDef, without } from "../../src/metrics/promql.ts";
import { loss } from "./loss.ts";
import type { RecordingRule, RuleGroup } from "./rule.ts";

const { vm, guest, nic, vcenter } = catalogue;

/** One machine as one exporter tells of it. */
export const perExporter = promql`on (job, instance, vm, vm_uuid)`;

/**
 * The one exporter that is believed about a virtual machine. During a migration two hosts export it: the one that holds it
 * paused steps back. Where nothing tells the two apart one of them is taken, so that no join ever meets two rows. Machines
 * without a UUID have only their name, which means nothing beyond their host.
 */
const home: RecordingRule = {
  record: "vm:virtloss_vm:home",
  expr: promql`
    topk by (vm, vm_uuid) (1,
      (${vm.info}{vm_uuid!=""} unless ${perExporter} ${vm.paused} == 1)
      or 0.5 * ${vm.info}{vm_uuid!=""}
    ) > bool 0
    or
    topk by (job, instance, vm) (1, ${vm.info}{vm_uuid=""}) > bool 0`,
};

/** Figures of virtual machines, each from the exporter that is believed about it, with the host that it runs on. */
export const atHome = (expr: PromQL): PromQL =>
  promql`(${expr}) * ${perExporter} group_left (hypervisor, host) ${home}`;

/** What the join adds to a guest's series. */
const facts = "hypervisor, vm, vm_uuid, host, host_instance" as PromQL;
const withHostInstance = (expr: PromQL): PromQL =>
  promql`label_replace(${expr}, "host_instance", "$1", "instance", "(.*)")`;

const candidates = promql`(
    label_replace(${home}{vm_uuid!=""}, "guest_uuid", "$1", "vm_uuid", "(.*)")
    or label_replace(${home}{vm_uuid_alt!=""}, "guest_uuid", "$1", "vm_uuid_alt", "(.*)")
  )`;

/** UUIDs as a guest may report them; one that two machines share names neither. */
const vmByUuid: RecordingRule = {
  record: "vm:virtloss_vm:by_uuid",
  expr: promql`
  max by (guest_uuid, ${facts}) (${withHostInstance(candidates)})
  and on (guest_uuid) count by (guest_uuid) ${candidates} == 1`,
};

const vmNics: RecordingRule = {
  record: "vm_nic:virtloss_vm_nic:home",
  expr: promql`
    max ${without(vm.nicInfo, "model", "kind", "network", "backend")} (${vm.nicInfo}{mac!=""})
    * ${perExporter} group_left (hypervisor, host) ${home}`,
};

const vmByMac: RecordingRule = {
  record: "vm_nic:virtloss_vm:by_mac",
  expr: promql`
    max by (mac, ${facts}) (${withHostInstance(promql`${vmNics}`)})
    and on (mac) count by (mac) (${vmNics}) == 1`,
};

const guestMacs = promql`max ${without(nic.info, "driver", "kind")} (${nic.info}{mac!="", kind!="virtual"})`;

const macMatches: RecordingRule = {
  record: "instance:virtloss_guest_vm:mac_matches",
  // A host whose card carries the MAC of a machine that it runs is not that machine.
  expr: promql`
    max without (device, mac) (
      (${guestMacs} and on (job, instance) ${guest.info}{hypervisor!=""})
      * on (mac) group_left (${facts}) ${vmByMac}
    )
    unless on (instance, vm, vm_uuid) ${home}`,
};

const byMac: RecordingRule = {
  record: "instance:virtloss_guest_vm:by_mac",
  expr: promql`${macMatches} and on (job, instance) count by (job, instance) (${macMatches}) == 1`,
};

const byUuid: RecordingRule = {
  record: "instance:virtloss_guest_vm:by_uuid",
  expr: promql`
    max without (guest_uuid) (
      label_replace(
        max ${without(guest.info, "hypervisor")} (${guest.info}{vm_uuid!=""}),
        "guest_uuid", "$1", "vm_uuid", "(.*)"
      )
      * on (guest_uuid) group_left (${facts}) ${vmByUuid}
    )`,
};

/** Which virtual machine each guest's exporter runs in, and how that is known. A MAC that says otherwise outweighs a UUID. */
const guestVm: RecordingRule = {
  record: "instance:virtloss_guest_vm:join",
  expr: promql`
    label_replace(
      ${byUuid} unless on (job, instance) (${byMac} unless ${perExporter} ${byUuid}),
      "by", "uuid", "", ""
    )
    or on (job, instance)
    label_replace(${byMac}, "by", "mac", "", "")`,
};

/** A guest's interfaces and the virtual NICs that they are; interfaces with one MAC (bonds, failover) are one vNIC. */
const guestNic: RecordingRule = {
  record: "device:virtloss_guest_nic:join",
  expr: promql`
    ${guestMacs} * on (job, instance) group_left (by, ${facts}) ${guestVm}
    and on (vm, vm_uuid, mac) ${vmNics}`,
};

/** Paths that lose beyond reasonable doubt: what makes a cause worth a warning. */
const losing: RecordDef = { record: "path:virtloss_loss:losing" };

function losingRule(t: Thresholds): RecordingRule {
  const { fiveMinutes, hour } = loss;
  return {
    ...losing,
    expr: promql`
      ${fiveMinutes.ratio}{scope!="control"}
      and (${fiveMinutes.lower} > ${t.lossRatio} or ${hour.lower} > ${t.lossRatio})`,
  };
}

/** Losing paths of exporters inside guests, with the virtual machine that each is. */
const vmLosing: RecordingRule = {
  record: "vm_path:virtloss_loss:losing",
  expr: promql`${losing} + on (job, instance) group_left (${facts}) 0 * ${guestVm}`,
};

/** By exporter: its own losing paths and those of the virtual machines on its host; one near a vCenter is on none of theirs. */
const losingPaths: RecordingRule = {
  record: "instance:virtloss_losing_paths:count",
  expr: promql`
    sum by (instance) (
      label_replace(count by (instance) (${losing}), "of", "own", "", "")
      or label_replace(count by (host_instance) (${vmLosing}{hypervisor!="vmware"}), "instance", "$1", "host_instance", "(.*)")
    )`,
};

/** An exporter that tells of a host's CPUs runs on it, unless a vCenter told it. */
const exporterOnHost = promql`max by (instance, host) (${vm.hostCpus} unless on (job, instance, host) ${vcenter.host})`;

/** By host of virtual machines: the losing paths of its machines, and those of the exporter that runs on it. */
const losingOnHost: RecordingRule = {
  record: "host:virtloss_losing_paths:count",
  expr: promql`
    sum by (host) (
      label_replace(count by (host) (${vmLosing}), "of", "machines", "", "")
      or label_replace(
        (${exporterOnHost} > bool 0) * on (instance) group_left () count by (instance) (${losing}),
        "of", "own", "", ""
      )
    )`,
};

/** By network, a bridge or port group: the losing paths of the machines that are connected to it. */
const losingOnNetwork: RecordingRule = {
  record: "network:virtloss_losing_paths:count",
  expr: promql`
    sum by (network) (
      (max by (vm, vm_uuid, network) (${vm.nicInfo}{network!=""}) > bool 0)
      * on (vm, vm_uuid) group_left () count by (vm, vm_uuid) (${vmLosing})
    )`,
};

export const join = { home, vmNics, guestVm, guestNic, losing, vmLosing, losingPaths, losingOnHost, losingOnNetwork };

export function joinGroups(t: Thresholds): readonly RuleGroup[] {
  return [
    {
      name: "virtloss.join",
      rules: [
        home,
        vmByUuid,
        vmNics,
        vmByMac,
        macMatches,
        byMac,
        byUuid,
        guestVm,
        guestNic,
        losingRule(t),
        vmLosing,
        losingPaths,
        losingOnHost,
        losingOnNetwork,
      ],
    },
  ];
}

import { catalogue } from "../../src/catalogue.ts";
import { type PromQL, promql, without } from "../../src/metrics/promql.ts";
import { atHome, join } from "./join.ts";
import type { RecordingRule, RuleGroup } from "./rule.ts";

const { vm, nic, bridge, ovs, qdisc, softnet, conntrack } = catalogue;

/**
 * The conservation ledger: what one side handed over, less what the other side got, over 5 minutes.
 *
 * Guest and tap are comparable: both count a packet once that hardware or the other side will cut (TSO, GSO, GRO). An uplink
 * is not: its card counts what it put on the wire, after cutting. Both counters are read at moments of their own, so that a
 * changing rate leaves a remainder of up to one scrape interval's packets, of either sign; a lasting one is real. Frames that
 * a bridge floods and QEMU's own filter throws away because the guest did not ask for them are missing to the guest as well.
 */
const guestPackets = (direction: "transmit" | "receive", seen: "from_guest" | "to_guest"): PromQL =>
  promql`label_replace(
      increase(${nic.packets}{direction="${direction as PromQL}"}[5m])
      * on (job, instance, device) group_left (vm, vm_uuid, mac) ${join.guestNic},
      "direction", "${seen as PromQL}", "", ""
    )`;

const byGuest: RecordingRule = {
  record: "vm_nic:virtloss_guest_packets:increase5m",
  expr: promql`
  sum by (vm, vm_uuid, mac, direction) (max by (vm, vm_uuid, mac, device, direction) (
    ${guestPackets("transmit", "from_guest")}
    or ${guestPackets("receive", "to_guest")}
  ))`,
};

const byHost: RecordingRule = {
  record: "vm_nic:virtloss_host_packets:increase5m",
  expr: promql`max by (vm, vm_uuid, mac, direction) (${atHome(promql`increase(${vm.nicPackets}[5m])`)})`,
};
const droppedAtTap: RecordingRule = {
  record: "vm_nic:virtloss_host_drops:increase5m",
  expr: promql`max by (vm, vm_uuid, mac, direction) (${atHome(promql`increase(${vm.nicDrops}[5m])`)})`,
};

/** Positive: the receiving side got fewer. Known only where both sides are scraped. */
const missing: RecordingRule = {
  record: "vm_nic:virtloss_missing_packets:increase5m",
  expr: promql`
    ${byGuest}{direction="from_guest"} - ${byHost}{direction="from_guest"}
    or
    ${byHost}{direction="to_guest"} - ${byGuest}{direction="to_guest"}`,
};

/** Frames that a bridge or switch drops at a card are the card's; at a tap they are the guest's. */
export const notACard = promql`unless on (job, instance, device) ${nic.info}{kind!="virtual"}`;

function stage(name: string, dropped: PromQL): PromQL {
  return promql`label_replace(${dropped}, "stage", "${name as PromQL}", "", "")`;
}

/** Packets that each stage of a host's way threw away, by that stage's own counters: the rest of the ledger. */
const stages: RecordingRule = {
  record: "instance:virtloss_stage_drops:rate5m",
  expr: promql`
    ${stage("tap", promql`sum ${without(vm.nicDrops, "vm", "vm_uuid", "mac", "direction")} (rate(${vm.nicDrops}[5m]))`)}
    or
    ${stage("bridge", promql`sum ${without(bridge.drops, "bridge", "device", "direction")} (rate(${bridge.drops}[5m]) ${notACard})`)}
    or
    ${stage("ovs", promql`sum ${without(ovs.drops, "bridge", "device", "mac", "direction", "cause")} (rate(${ovs.drops}{direction=~"receive|transmit"}[5m]) ${notACard})`)}
    or
    ${stage("ovs slow path", promql`sum ${without(ovs.lostUpcalls, "datapath")} (rate(${ovs.lostUpcalls}[5m]))`)}
    or
    ${stage("qdisc", promql`sum ${without(qdisc.drops, "device", "kind")} (rate(${qdisc.drops}[5m]))`)}
    or
    ${stage("conntrack", promql`max ${without(conntrack.drops, "cause")} (rate(${conntrack.drops}[5m]))`)}
    or
    ${stage("backlog", promql`sum ${without(softnet.dropped, "cpu")} (rate(${softnet.dropped}[5m]))`)}
    or
    ${stage("uplink", promql`sum ${without(nic.drops, "device", "direction", "cause")} (rate(${nic.drops}[5m]) and on (job, instance, device) ${nic.info}{kind!="virtual"})`)}`,
};

export const ledger = { byGuest, byHost, droppedAtTap, missing, stages };

export function ledgerGroups(): readonly RuleGroup[] {
  return [{ name: "virtloss.ledger", interval: "1m", rules: Object.values(ledger) }];
}

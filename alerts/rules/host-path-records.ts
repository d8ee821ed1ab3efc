import { catalogue } from "../../src/catalogue.ts";
import { promql, without } from "../../src/metrics/promql.ts";
import { notACard } from "./ledger.ts";

/** Drops on a packet's way through a host: bridge, Open vSwitch, queues with limits, firewall, backlog, the kernel's reasons. */
const { bridge, ovs, qdisc, limit, softnet, nic, conntrack, drops } = catalogue;

const limitedByOvs = promql`on (job, instance, device) (${limit.bytes}{source="ovs"} or ${limit.packets}{source="ovs"})`;

const bridgeDrops = {
  record: "bridge_port:virtloss_drops:rate5m",
  expr: promql`rate(${bridge.drops}[5m]) ${notACard}`,
};
const bridgeDropRatio = {
  record: "bridge_port:virtloss_drops:ratio_rate5m",
  expr: promql`${bridgeDrops} / (${bridgeDrops} + rate(${bridge.packets}[5m]) > 0)`,
};
/** A drop at a guest's port towards it is its full ring, and one at a port with a limit is the limit: each has its own alert. */
const ovsDrops = {
  record: "ovs_port:virtloss_drops:rate5m",
  expr: promql`
    sum ${without(ovs.drops, "cause")} (rate(${ovs.drops}{direction!="to_guest"}[5m]))
    unless ${limitedByOvs}
    ${notACard}`,
};
const ovsDropRatio = {
  record: "ovs_port:virtloss_drops:ratio_rate5m",
  expr: promql`${ovsDrops} / (${ovsDrops} + rate(${ovs.packets}[5m]) > 0)`,
};
const lostUpcalls = {
  record: "instance:virtloss_ovs_lost_upcalls:rate5m",
  expr: promql`sum ${without(ovs.lostUpcalls, "datapath")} (rate(${ovs.lostUpcalls}[5m]))`,
};

const shaped = promql`and on (job, instance, device) (${limit.bytes} or ${limit.packets})`;
const shapedDrops = {
  record: "device:virtloss_shaped_drops:rate5m",
  expr: promql`
    sum ${without(qdisc.drops, "kind")} (rate(${qdisc.drops}[5m])) ${shaped}
    or
    sum ${without(ovs.drops, "bridge", "mac", "direction", "cause")} (rate(${ovs.drops}{direction="from_guest"}[5m]))
    and ${limitedByOvs}`,
};
const shapedWaits = {
  record: "device:virtloss_shaped_waits:ratio_rate5m",
  expr: promql`
    sum ${without(qdisc.overlimits, "kind")} (rate(${qdisc.overlimits}[5m]))
    / (sum ${without(qdisc.packets, "kind")} (rate(${qdisc.packets}[5m])) > 0)
    ${shaped}`,
};

const conntrackUse = {
  record: "instance:virtloss_conntrack_entries:ratio",
  expr: promql`${conntrack.entries} / (${conntrack.entriesMax} > 0)`,
};
/** The causes overlap, so they are not added. */
const conntrackDrops = {
  record: "instance:virtloss_conntrack_drops:rate5m",
  expr: promql`max ${without(conntrack.drops, "cause")} (rate(${conntrack.drops}[5m]))`,
};

const backlogDrops = {
  record: "instance:virtloss_backlog_drops:rate5m",
  expr: promql`
    sum ${without(softnet.dropped, "cpu")} (
      rate(${softnet.dropped}[5m]) + (rate(${softnet.flowLimit}[5m]) or 0 * ${softnet.dropped})
    )`,
};
/** Frames for which the card had no descriptor, or no room of its own. */
const cardDrops = {
  record: "instance:virtloss_card_drops:rate5m",
  expr: promql`
    sum ${without(nic.drops, "device", "direction", "cause")} (
      rate(${nic.drops}{direction="receive", cause=~"missed|no_buffer|fifo"}[5m])
    )`,
};
const kernelDrops = {
  record: "instance_layer:virtloss_kernel_drops:rate5m",
  expr: promql`sum ${without(drops.total, "reason")} (rate(${drops.total}[5m]))`,
};

export const hostPathRecords = {
  bridgeDrops,
  bridgeDropRatio,
  ovsDrops,
  ovsDropRatio,
  lostUpcalls,
  shapedDrops,
  shapedWaits,
  conntrackUse,
  conntrackDrops,
  backlogDrops,
  cardDrops,
  kernelDrops,
};

import { hostPathRecords } from "../../alerts/rules/host-path-records.ts";
import { vmRecords } from "../../alerts/rules/kvm.ts";
import { ledger } from "../../alerts/rules/ledger.ts";
import type { Thresholds } from "../../src/analysis/thresholds.ts";
import { catalogue } from "../../src/catalogue.ts";
import { type PromQL, promql } from "../../src/metrics/promql.ts";
import type { Band } from "./board.ts";
import { graph, grid } from "./panels.ts";
import { onHost, perSecond } from "./series.ts";

const { vm, bridge, ovs, qdisc, limit, softirq, nic, drops, latency, conntrack } = catalogue;

const withSettings = (byBridge: PromQL): PromQL =>
  promql`${byBridge} * on (bridge) group_left (vlan_filtering, stp) ${onHost(bridge.info)}`;

export function wayThrough(t: Thresholds): Band[] {
  return [
    {
      title: "The way of packets through the host: where do they disappear?",
      height: 8,
      panels: [
        graph(
          {
            title: "Drops a second by stage",
            description:
              "By each stage's own counter, over 5 min. tap: the guest did not take them. uplink: the physical card.",
            unit: "short",
          },
          [{ expr: onHost(ledger.stages), legend: "{{stage}}" }],
        ),
        graph(
          {
            title: "Kernel drops a second by reason",
            description:
              "Counted where the kernel drops, in all network namespaces. Sockets and policies drop all day; look at what rose with the loss.",
            unit: "short",
            noValue: "not counted",
          },
          [
            {
              expr: promql`topk(12, sum by (layer, reason) (${perSecond(onHost(drops.total))}) > 0)`,
              legend: "{{layer}}: {{reason}}",
            },
          ],
        ),
        graph(
          {
            title: "Dropped towards guests",
            description: "Share of the packets for each virtual NIC that its guest did not take, over 5 min.",
            unit: "percentunit",
          },
          [{ expr: onHost(vmRecords.toGuestDropRatio), legend: "{{vm}} {{mac}}" }],
          [[t.dropRatio, "red"]],
        ).axisSoftMax(2 * t.dropRatio),
        graph(
          {
            title: "Dropped of what guests sent",
            description: "Packets a second that the host threw away at the tap.",
            unit: "short",
          },
          [
            {
              expr: promql`rate(${vm.nicDrops}{instance="$instance", direction="from_guest"}[$__rate_interval])`,
              legend: "{{vm}} {{mac}}",
            },
          ],
        ),
      ],
    },
    {
      title: "Virtual switches",
      height: 8,
      panels: [
        grid(
          {
            title: "Bridges",
            description:
              "Settings of each Linux bridge, its ports by state, and ports that pass nothing although they are up.",
            noValue: "none",
          },
          [
            { from: "bridge", title: "Bridge" },
            { from: "vlan_filtering", title: "VLANs" },
            { from: "stp", title: "STP" },
            { from: withSettings(promql`sum by (bridge) (${onHost(bridge.ports)})`), title: "Ports", unit: "none" },
            {
              from: withSettings(promql`sum by (bridge) (${onHost(bridge.portBlocked)})`),
              title: "Blocked",
              unit: "none",
            },
          ],
        ),
        graph(
          {
            title: "Bridge: drops a second",
            description:
              "At the bridge and its ports that are no taps. What VLAN filtering refuses is among the kernel's drops only.",
            unit: "short",
            noValue: "no bridge",
          },
          [{ expr: perSecond(onHost(bridge.drops)), legend: "{{bridge}} {{device}} {{direction}}" }],
        ),
        graph(
          {
            title: "Open vSwitch: drops a second",
            description: "By port and cause; the direction is the guest's where the port is one's.",
            unit: "short",
            noValue: "no Open vSwitch",
          },
          [
            { expr: promql`${perSecond(onHost(ovs.drops))} > 0`, legend: "{{device}} {{direction}} {{cause}}" },
            { expr: perSecond(onHost(ovs.lostUpcalls)), legend: "first packets of flows, {{datapath}}" },
            { expr: perSecond(onHost(ovs.datapathDrops)), legend: "datapath: {{cause}}" },
          ],
        ),
        graph(
          {
            title: "Packets of bridge and switch",
            description: "Through the ports that are no taps, and through ports of Open vSwitch.",
            unit: "pps",
            noValue: "no switch",
          },
          [
            { expr: perSecond(onHost(bridge.packets)), legend: "{{bridge}} {{device}} {{direction}}" },
            {
              expr: promql`sum by (bridge, direction) (${perSecond(onHost(ovs.packets))})`,
              legend: "{{bridge}} all ports {{direction}}",
            },
            { expr: perSecond(onHost(ovs.datapathPackets)), legend: "reached {{datapath}}" },
          ],
        ),
      ],
    },
    {
      height: 6,
      panels: [
        grid(
          {
            title: "Ports of Open vSwitch",
            description:
              "With the name that a cloud gave them; a port that is down could not be opened, or its machine is off.",
            noValue: "none",
          },
          [
            { from: "bridge", title: "Bridge" },
            { from: "device", title: "Port" },
            { from: "mac", title: "Guest" },
            {
              from: promql`max by (bridge, device, mac) (${onHost(ovs.portInfo)})`,
              title: "Known",
              unit: "bool_yes_no",
            },
            { from: onHost(ovs.portUp), title: "Up", unit: "bool_yes_no" },
          ],
        ),
        graph(
          {
            title: "Firewall: connections",
            description: "Entries in the table, and how many it holds. New connections are dropped when it is full.",
            unit: "short",
            noValue: "no firewall with state",
          },
          [
            { expr: onHost(conntrack.entries), legend: "entries" },
            { expr: onHost(conntrack.entriesMax), legend: "limit" },
          ],
        ),
        graph(
          {
            title: "Firewall: drops a second",
            description: "By cause; one packet may be under two. Established connections go on.",
            unit: "short",
            noValue: "no firewall with state",
          },
          [{ expr: perSecond(onHost(conntrack.drops)), legend: "{{cause}}" }],
        ),
      ],
    },
  ];
}

export const limits: Band = {
  title: "Limits: what is told to hold packets back",
  height: 8,
  panels: [
    {
      width: 9,
      panel: grid(
        {
          title: "Configured limits",
          description: "Of libvirt, of queues (tc) and of Open vSwitch, with the direction as the guest sees it.",
          noValue: "none",
        },
        [
          { from: "source", title: "Told by" },
          { from: "device", title: "Device" },
          { from: "vm", title: "Machine" },
          { from: "direction", title: "Direction" },
          { from: promql`8 * ${onHost(limit.bytes)}`, title: "Rate", unit: "bps" },
          { from: onHost(limit.burst), title: "Burst", unit: "bytes" },
          { from: onHost(limit.packets), title: "Packets/s", unit: "pps" },
        ],
      ),
    },
    graph(
      {
        title: "Queues: drops a second",
        description: "Of queueing disciplines; taps are shown only where they limit or have dropped.",
        unit: "short",
      },
      [
        {
          expr: promql`topk(12, ${perSecond(onHost(qdisc.drops))})`,
          legend: "{{device}} {{kind}}",
        },
      ],
    ),
    graph(
      {
        title: "Limits: waits for each packet",
        description: "Of devices with a limit, over 5 min: how often a packet had to wait for its rate.",
        unit: "percentunit",
        noValue: "no limit is configured",
      },
      [{ expr: onHost(hostPathRecords.shapedWaits), legend: "{{device}}" }],
    ),
    graph(
      {
        title: "Packets that wait in queues",
        description: "At the moment of the scrape; a queue that is never empty is at its limit.",
        unit: "short",
      },
      [{ expr: onHost(qdisc.backlog), legend: "{{device}} {{kind}}" }],
    ),
  ],
};

const netRx = promql`rate(${softirq.total}{instance="$instance", vector="NET_RX"}[$__rate_interval])`;

export const card: Band = {
  title: "Physical card and softirqs",
  height: 8,
  panels: [
    graph(
      {
        title: "NET_RX by CPU",
        description: "Share of the host's network receive work. One line at the top: all machines hang on one CPU.",
        unit: "percentunit",
      },
      [{ expr: promql`${netRx} / on () group_left () (sum(${netRx}) > 0)`, legend: "CPU {{cpu}}" }],
    ).axisSoftMax(1),
    graph(
      {
        title: "Card: packets by queue",
        description:
          "A second, of the driver's receive queues. One queue that does it all is one CPU that does it all.",
        unit: "pps",
        noValue: "the driver does not tell",
      },
      [
        {
          expr: promql`topk(16, rate(${nic.queuePackets}{instance="$instance", direction="receive"}[$__rate_interval]))`,
          legend: "{{device}} queue {{queue}}",
        },
      ],
    ),
    graph(
      {
        title: "Card: drops a second",
        description: "By cause. missed: the card had no descriptor; a larger ring, more queues or more CPU helps.",
        unit: "short",
      },
      [{ expr: perSecond(onHost(nic.drops)), legend: "{{device}} {{direction}} {{cause}}" }],
    ),
    graph(
      {
        title: "Polls that used up their budget",
        description: "A second, by interface: more packets waited than one poll may take. Needs the collector latency.",
        unit: "cps",
        noValue: "collector latency is off",
      },
      [{ expr: perSecond(onHost(latency.budgetExhausted)), legend: "{{device}}" }],
    ),
    graph(
      {
        title: "Wait for a NET_RX softirq, 99 %",
        description: "From its request to its beginning, by CPU. Needs the collector latency, which is off by default.",
        unit: "s",
        noValue: "collector latency is off",
      },
      [
        {
          expr: promql`histogram_quantile(0.99, sum by (cpu, le) (rate(${latency.softirq}_bucket{instance="$instance"}[$__rate_interval])))`,
          legend: "CPU {{cpu}}",
        },
      ],
    ),
  ],
};

import { join } from "../../alerts/rules/join.ts";
import { vmRecords } from "../../alerts/rules/kvm.ts";
import { ledger } from "../../alerts/rules/ledger.ts";
import type { Thresholds } from "../../src/analysis/thresholds.ts";
import { catalogue } from "../../src/catalogue.ts";
import type { MetricDef } from "../../src/metrics/define.ts";
import { type PromQL, promql } from "../../src/metrics/promql.ts";
import type { Band } from "./board.ts";
import { graph, grid } from "./panels.ts";
import { inGuest, ofVm, overFiveMinutes } from "./series.ts";

const { vm, nic, limit } = catalogue;

export function virtualNics(t: Thresholds): Band[] {
  return [
    {
      title: "Virtual NICs: both ends",
      height: 6,
      panels: [
        grid(
          {
            title: "From outside",
            description:
              "Kind emulated loses at rates that virtio carries. Backend qemu: its packets go through QEMU's own thread.",
          },
          [
            { from: "mac", title: "MAC" },
            { from: "model", title: "Model" },
            { from: "kind", title: "Kind" },
            { from: "backend", title: "Backend" },
            { from: "network", title: "Network" },
            { from: ofVm(vm.nicInfo), title: "" },
          ],
        ),
        grid(
          {
            title: "Queues and taps",
            description: "Queue pairs that the host gave each NIC, and its interface on the host.",
          },
          [
            { from: "mac", title: "MAC" },
            { from: "device", title: "Tap" },
            { from: ofVm(vm.nicTap), title: "" },
            {
              from: promql`${ofVm(vm.nicQueues)} * on (vm, vm_uuid, mac) group_left (device) max by (vm, vm_uuid, mac, device) (${ofVm(vm.nicTap)})`,
              title: "Queues",
              unit: "none",
            },
          ],
        ),
        grid(
          {
            title: "From inside",
            description: "The same NICs as the guest sees them.",
            noValue: "no exporter inside",
          },
          [
            { from: "mac", title: "MAC" },
            { from: "device", title: "Device" },
            { from: ofVm(join.guestNic), title: "" },
            {
              from: promql`sum without (direction) (${nic.queues}{direction=~"receive|combined"}) * on (job, instance, device) group_left (mac) ${ofVm(join.guestNic)}`,
              title: "Queues",
              unit: "none",
            },
            {
              from: promql`sum without (direction) (${nic.ringEntries}{direction="receive"}) * on (job, instance, device) group_left (mac) ${ofVm(join.guestNic)}`,
              title: "Ring",
              unit: "none",
            },
          ],
        ),
      ],
    },
    {
      height: 8,
      panels: [
        graph(
          {
            title: "Dropped towards the guest, from outside",
            description:
              "Share of the packets for each NIC that the guest did not take, over 5 min: its ring was full.",
            unit: "percentunit",
          },
          [{ expr: ofVm(vmRecords.toGuestDropRatio), legend: "{{mac}}" }],
          [[t.dropRatio, "red"]],
        ).axisSoftMax(2 * t.dropRatio),
        graph(
          {
            title: "Dropped of what it sent, from outside",
            description: "Packets a second that the host threw away as they left the machine, over 5 min.",
            unit: "short",
          },
          [
            {
              expr: overFiveMinutes(promql`${vm.nicDrops}{vm="$vm", direction="from_guest"}`),
              legend: "{{mac}}",
            },
          ],
        ),
        graph(
          {
            title: "Dropped, from inside",
            description:
              "Packets a second by the guest's own counters. 0 here beside drops on the left is the rule, not a comfort.",
            unit: "short",
            noValue: "no exporter inside",
          },
          [
            {
              expr: inGuest(promql`rate(${nic.drops}[$__rate_interval])`),
              legend: "{{device}} {{direction}} {{cause}}",
            },
          ],
        ),
        graph(
          {
            title: "Packets, from outside",
            description: "Handed over at the tap or port, over 5 min; those that hardware would cut count once.",
            unit: "pps",
          },
          [{ expr: overFiveMinutes(ofVm(vm.nicPackets)), legend: "{{mac}} {{direction}}" }],
        ),
      ],
    },
  ];
}

const limitsOfVm = (metric: MetricDef): PromQL =>
  promql`(${ofVm(metric)} or ${metric}{source="segment"} and on (network) ${ofVm(vm.nicInfo)})`;

export const packetLedger: Band = {
  title: "Ledger: what one end handed over and the other did not get, in 5 min",
  height: 8,
  panels: [
    {
      width: 11,
      panel: grid(
        {
          title: "Packets of 5 minutes",
          description:
            "Both ends count a packet once that is cut later, so they compare. They are read at different moments: a changing rate leaves a remainder of either sign.",
          noValue: "one side only",
        },
        [
          { from: "mac", title: "MAC" },
          { from: "direction", title: "Direction" },
          { from: ofVm(ledger.byGuest), title: "Guest counted", unit: "short" },
          { from: ofVm(ledger.byHost), title: "Host counted", unit: "short" },
          { from: ofVm(ledger.missing), title: "Missing", unit: "short" },
          { from: ofVm(ledger.droppedAtTap), title: "Host dropped", unit: "short" },
        ],
      ),
    },
    graph(
      {
        title: "Missing packets",
        description: "A lasting value above 0 is real: dropped by nobody's counter between guest and host.",
        unit: "short",
        noValue: "one side only",
      },
      [{ expr: ofVm(ledger.missing), legend: "{{mac}} {{direction}}" }],
    ),
  ],
};

export const limitsOfMachine: Band = {
  height: 6,
  panels: [
    grid(
      {
        title: "Limits",
        description:
          "What is told to hold its packets back, NSX segments it is connected to included; nothing inside the machine shows it.",
        noValue: "none",
      },
      [
        { from: "source", title: "Told by" },
        { from: "network", title: "Network" },
        { from: "mac", title: "MAC" },
        { from: "direction", title: "Direction" },
        { from: "traffic", title: "Traffic" },
        { from: promql`8 * ${limitsOfVm(limit.bytes)}`, title: "Rate", unit: "bps" },
        { from: promql`8 * ${limitsOfVm(limit.peak)}`, title: "Peak", unit: "bps" },
        { from: limitsOfVm(limit.burst), title: "Burst", unit: "bytes" },
        { from: limitsOfVm(limit.packets), title: "Packets/s", unit: "pps" },
      ],
    ),
  ],
};

import { vmLoses } from "../../alerts/rules/cause.ts";
import { limitRecords } from "../../alerts/rules/vmware-limits.ts";
import { nsxRecords } from "../../alerts/rules/vmware-nsx.ts";
import type { Thresholds } from "../../src/analysis/thresholds.ts";
import { catalogue } from "../../src/catalogue.ts";
import { type PromQL, promql } from "../../src/metrics/promql.ts";
import type { Band } from "./board.ts";
import { graph, grid } from "./panels.ts";
import { ofEsxiVm, onEsxi } from "./series.ts";
import { machineColumn } from "./vmware-machines.ts";

const { vm, limit, vcenter, nsx } = catalogue;

/** Limits of networks and switches; those of single NICs repeat them. */
const ofNetwork = '{source=~"portgroup|segment|nioc", vm=""}' as PromQL;

export const networks: Band[] = [
  {
    title: "Networks: what holds packets back, unseen from inside",
    height: 9,
    panels: [
      {
        width: 14,
        panel: grid(
          {
            title: "Limits",
            description:
              "Of port groups, NSX segments and Network I/O Control, for all networks that are read. Traffic: the only kind that is held back; a dash is all.",
          },
          [
            { from: "source", title: "Set at" },
            { from: "network", title: "Network" },
            { from: "switch", title: "Switch" },
            { from: "direction", title: "Direction" },
            { from: "traffic", title: "Traffic" },
            { from: promql`8 * ${limit.bytes}${ofNetwork}`, title: "Rate", unit: "bps" },
            { from: promql`8 * ${limit.peak}${ofNetwork}`, title: "Peak", unit: "bps" },
            { from: promql`${limit.burst}${ofNetwork}`, title: "Burst", unit: "bytes" },
            { from: promql`${limit.packets}${ofNetwork}`, title: "Packets/s", unit: "pps" },
          ],
        ),
      },
      grid(
        {
          title: "Limited machines that lose",
          description: "NICs on a network with a limit whose guest measures loss: compare on a network without one.",
          noValue: "none",
        },
        [
          machineColumn,
          { from: "network", title: "Network" },
          { from: promql`8 * ${onEsxi(limitRecords.networkLimit)} and ${vmLoses}`, title: "Limit", unit: "bps" },
        ],
      ),
      grid(
        {
          title: "Emulated adapters",
          description: "e1000 and its like lose at packet rates that VMXNET3 carries: replace them.",
          noValue: "none",
        },
        [
          machineColumn,
          { from: "model", title: "Adapter" },
          { from: "network", title: "Network" },
          { from: ofEsxiVm(promql`${vm.nicInfo}{kind="emulated"}`), title: "" },
        ],
      ),
    ],
  },
];

export function nsxBands(t: Thresholds): Band[] {
  return [
    {
      title: "NSX: what segments and the firewall drop",
      height: 8,
      panels: [
        graph(
          {
            title: "Rate limits and security of segments: drops a second",
            description:
              "By segment and cause, over 15 min. ARP is broadcast: where it is dropped, machines seem to be gone.",
            unit: "short",
            noValue: "no NSX, or nothing dropped",
          },
          [
            {
              expr: promql`topk(10, ${nsxRecords.segmentDrops}{cause!="firewall"} > 0)`,
              legend: "{{network}} {{cause}} {{direction}}",
            },
          ],
          [[t.dropRate, "yellow"]],
        ).axisSoftMax(2 * t.dropRate),
        graph(
          {
            title: "Firewall: drops a second by segment",
            description: "Over 15 min. Firewalls drop all day; what rises together with a loss is worth a look.",
            unit: "short",
            noValue: "no NSX, or nothing dropped",
          },
          [
            {
              expr: promql`topk(10, ${nsxRecords.segmentDrops}{cause="firewall"} > 0)`,
              legend: "{{network}} {{direction}}",
            },
          ],
        ),
        {
          width: 10,
          panel: grid(
            {
              title: "Firewall rules that drop most",
              description: "Packets a second over 15 min, and all that NSX counts.",
              noValue: "no NSX",
            },
            [
              { from: "rule", title: "Rule" },
              { from: "rule_id", title: "Id" },
              { from: "policy", title: "Policy" },
              { from: "action", title: "Action" },
              { from: promql`topk(20, ${nsxRecords.ruleDrops})`, title: "Drops/s", unit: "short", sorted: true },
              {
                from: promql`
                  ${nsx.rulePackets} * on (job, instance, server, policy, rule_id) group_left (rule, action) ${nsx.ruleInfo}
                  and on (server, policy, rule_id) topk(20, ${nsxRecords.ruleDrops})`,
                title: "All",
                unit: "short",
              },
            ],
          ),
        },
      ],
    },
    {
      height: 6,
      panels: [
        grid(
          {
            title: "Managers",
            description: "NSX managers, their version, and the segments they have.",
            noValue: "none",
          },
          [
            { from: "server", title: "Manager" },
            { from: "version", title: "Version" },
            {
              from: promql`max by (server) (${nsx.segments}) * on (server) group_left (version) max by (server, version) (${nsx.info})`,
              title: "Segments",
              unit: "none",
            },
          ],
        ),
        grid(
          {
            title: "Flood protection",
            description: "Flows that may be open at once for machines of a group; beyond them new ones are dropped.",
            noValue: "none",
          },
          [
            { from: "profile", title: "Profile" },
            { from: "flows", title: "Flows" },
            { from: promql`${nsx.floodLimit}`, title: "At most", unit: "short" },
          ],
        ),
        grid(
          {
            title: "Groups under flood protection",
            description: "Which profile holds for which group of machines.",
            noValue: "none",
          },
          [
            { from: "group", title: "Group" },
            { from: "profile", title: "Profile" },
            { from: promql`${nsx.floodBinding}`, title: "" },
          ],
        ),
        grid(
          {
            title: "Port groups that allow more than usual",
            description:
              "Promiscuous mode gives every machine all packets, and fills the rings of those that did not ask.",
            noValue: "none",
          },
          [
            { from: "network", title: "Port group" },
            { from: "switch", title: "Switch" },
            { from: "policy", title: "Allows" },
            { from: promql`${vcenter.securityPolicy} == 1`, title: "" },
          ],
        ),
      ],
    },
  ];
}

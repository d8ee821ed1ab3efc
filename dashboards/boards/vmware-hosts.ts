import { hostRecords } from "../../alerts/rules/host.ts";
import { join } from "../../alerts/rules/join.ts";
import { vmRecords } from "../../alerts/rules/kvm.ts";
import { uplinkRecords } from "../../alerts/rules/vmware-uplinks.ts";
import type { Thresholds } from "../../src/analysis/thresholds.ts";
import { catalogue } from "../../src/catalogue.ts";
import { type PromQL, promql } from "../../src/metrics/promql.ts";
import type { Band } from "./board.ts";
import { graph, grid } from "./panels.ts";
import { ofServer, onEsxi } from "./series.ts";

const { vm, vcenter } = catalogue;

/** A host with its cluster and state, beside a figure of it. */
const withState = (expr: PromQL): PromQL =>
  promql`(${expr}) * on (host) group_left (cluster, state) max by (host, cluster, state) (${ofServer(vcenter.host)})`;
const byHost = (expr: PromQL): PromQL => withState(promql`max by (host) (${expr})`);
const ofUplink = (expr: PromQL): PromQL =>
  promql`max by (host, device) (${expr}) * on (host, device) group_left (switch) max by (host, device, switch) (${vcenter.uplink})`;

export function esxiHosts(t: Thresholds): Band[] {
  return [
    {
      title: "Hosts: CPUs, and the way out",
      height: 9,
      panels: [
        {
          width: 16,
          panel: grid(
            {
              title: "Hosts",
              description:
                "CPUs are threads. Waits: of the worst vCPU on the host, over 5 min. Links down: uplinks of a switch without a link.",
            },
            [
              { from: "host", title: "Host" },
              { from: "cluster", title: "Cluster" },
              { from: "state", title: "State" },
              {
                from: withState(promql`count by (host) (${onEsxi(join.home)})`),
                title: "Machines",
                unit: "none",
              },
              { from: byHost(onEsxi(vm.hostCpus)), title: "CPUs", unit: "none" },
              { from: byHost(onEsxi(vcenter.hostClock)), title: "Clock", unit: "hertz" },
              {
                from: byHost(onEsxi(hostRecords.overcommit)),
                title: "vCPUs/CPU",
                unit: "none",
                decimals: 1,
                limits: [[t.overcommitRatio, "yellow"]],
              },
              {
                from: byHost(onEsxi(vmRecords.worstReady)),
                title: "Waits",
                unit: "percentunit",
                sorted: true,
                limits: [[t.readyRatio, "red"]],
              },
              {
                from: withState(promql`count by (host) (${onEsxi(uplinkRecords.speed)} == 0)`),
                title: "Links down",
                unit: "none",
                limits: [[1, "yellow"]],
              },
            ],
          ),
        },
        graph(
          {
            title: "vCPUs for each CPU",
            description:
              "Of running machines, the ten fullest hosts. Above the limit they wait once they are busy together.",
            unit: "short",
          },
          [{ expr: promql`topk(10, ${onEsxi(hostRecords.overcommit)})`, legend: "{{host}}" }],
          [[t.overcommitRatio, "yellow"]],
        ).axisSoftMax(t.overcommitRatio),
      ],
    },
    {
      height: 8,
      panels: [
        {
          width: 16,
          panel: grid(
            {
              title: "Uplinks",
              description:
                "Physical NICs that a switch uses; drops and errors a second over 5 min. One that is slower than its siblings was negotiated down.",
            },
            [
              { from: "host", title: "Host" },
              { from: "device", title: "Uplink" },
              { from: "switch", title: "Switch" },
              { from: ofUplink(promql`8 * ${onEsxi(uplinkRecords.speed)}`), title: "Speed", unit: "bps" },
              {
                from: ofUplink(
                  promql`sum by (host, device) (rate(${vcenter.uplinkPackets}[5m]) and on (host) ${onEsxi(vcenter.host)})`,
                ),
                title: "Packets/s",
                unit: "short",
              },
              {
                from: ofUplink(promql`sum by (host, device) (${onEsxi(uplinkRecords.drops)})`),
                title: "Drops/s",
                unit: "short",
                sorted: true,
                limits: [[t.dropRate, "red"]],
              },
              {
                from: ofUplink(promql`sum by (host, device) (${onEsxi(uplinkRecords.errors)})`),
                title: "Errors/s",
                unit: "short",
                limits: [[t.dropRate, "red"]],
              },
            ],
          ),
        },
        graph(
          {
            title: "Dropped at uplinks",
            description: "Share of the packets of a physical NIC, over 5 min; the ten worst.",
            unit: "percentunit",
            noValue: "nothing is dropped",
          },
          [
            {
              expr: promql`topk(10, ${onEsxi(uplinkRecords.dropRatio)} > 0)`,
              legend: "{{host}} {{device}} {{direction}}",
            },
          ],
          [[t.dropRatio, "red"]],
        ).axisSoftMax(2 * t.dropRatio),
      ],
    },
  ];
}

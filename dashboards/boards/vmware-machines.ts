import { join } from "../../alerts/rules/join.ts";
import { vmRecords } from "../../alerts/rules/kvm.ts";
import { vmwareCpuRecords } from "../../alerts/rules/vmware-cpu.ts";
import type { Thresholds } from "../../src/analysis/thresholds.ts";
import { catalogue } from "../../src/catalogue.ts";
import { type PromQL, promql, type RecordDef } from "../../src/metrics/promql.ts";
import type { Band } from "./board.ts";
import { type Column, graph, grid } from "./panels.ts";
import { ofEsxiVm, onEsxi } from "./series.ts";

const { vm } = catalogue;

/** Leads to the machine's own board. */
export const machineColumn: Column = {
  from: "vm",
  title: "Machine",
  board: { name: "virtloss-vm", variable: "vm" },
};

const ten = (record: RecordDef): PromQL => promql`topk(10, ${onEsxi(record)})`;
const tenThat = (record: RecordDef): PromQL => promql`topk(10, ${onEsxi(record)} > 0)`;

/** Machines that are worst in any of the three ways to stand still. */
const worst = promql`
  topk(20, max by (vm, vm_uuid) (
    ${onEsxi(vmRecords.worstReady)} or ${onEsxi(vmwareCpuRecords.costop)} or ${onEsxi(vmRecords.limited)}
  ))`;
const ofWorst = (expr: PromQL): PromQL => promql`${expr} and on (vm, vm_uuid) ${worst}`;

export function machines(t: Thresholds): Band[] {
  return [
    {
      title: "Machines: who stands still?",
      height: 8,
      panels: [
        graph(
          {
            title: "Ready: had work, did not run",
            description: "Share of time of the machine's worst vCPU, over 5 min; the ten worst machines.",
            unit: "percentunit",
          },
          [{ expr: ten(vmRecords.worstReady), legend: "{{vm}}" }],
          [[t.readyRatio, "red"]],
        ).axisSoftMax(2 * t.readyRatio),
        graph(
          {
            title: "Co-stop: held for its siblings",
            description: "Share of time of the machine's worst vCPU, over 5 min. Fewer vCPUs, or fewer snapshots.",
            unit: "percentunit",
          },
          [{ expr: ten(vmwareCpuRecords.costop), legend: "{{vm}}" }],
          [[t.costopRatio, "red"]],
        ).axisSoftMax(2 * t.costopRatio),
        graph(
          {
            title: "Held by a CPU limit",
            description: "Share of time of the machine's worst vCPU, over 5 min; a part of ready. Nobody needs it.",
            unit: "percentunit",
            noValue: "no limit is hit",
          },
          [{ expr: tenThat(vmRecords.limited), legend: "{{vm}}" }],
          [[t.limitedRatio, "red"]],
        ).axisSoftMax(2 * t.limitedRatio),
        graph(
          {
            title: "Dropped towards machines",
            description:
              "Share of the packets for a NIC that its machine did not take, over 5 min; the ten worst NICs.",
            unit: "percentunit",
            noValue: "nothing is dropped",
          },
          [{ expr: tenThat(vmRecords.toGuestDropRatio), legend: "{{vm}} {{mac}}" }],
          [[t.dropRatio, "red"]],
        ).axisSoftMax(2 * t.dropRatio),
      ],
    },
    {
      height: 9,
      panels: [
        {
          width: 16,
          panel: grid(
            {
              title: "Twenty machines that stand still most",
              description:
                "The worst vCPU over 5 min, and what the machine was given; a dash is not set. A name leads to its board.",
            },
            [
              machineColumn,
              { from: "host", title: "Host" },
              {
                from: ofWorst(onEsxi(vmRecords.worstReady)),
                title: "Ready",
                unit: "percentunit",
                sorted: true,
                limits: [[t.readyRatio, "red"]],
              },
              {
                from: ofWorst(onEsxi(vmwareCpuRecords.costop)),
                title: "Co-stop",
                unit: "percentunit",
                limits: [[t.costopRatio, "red"]],
              },
              {
                from: ofWorst(onEsxi(vmRecords.limited)),
                title: "Limited",
                unit: "percentunit",
                limits: [[t.limitedRatio, "red"]],
              },
              { from: ofWorst(ofEsxiVm(promql`${vm.vcpus}`)), title: "vCPUs", unit: "none" },
              { from: ofWorst(ofEsxiVm(promql`${vm.cpuReservation}`)), title: "Reserved", unit: "hertz" },
              { from: ofWorst(ofEsxiVm(promql`${vm.cpuLimit}`)), title: "Limit", unit: "hertz" },
            ],
          ),
        },
        grid(
          {
            title: "Guests whose paths lose",
            description: "As exporters inside measure; the highest loss of each machine's paths over 5 min.",
            noValue: "none",
          },
          [
            machineColumn,
            { from: "host", title: "Host" },
            { from: onEsxi(join.vmLosing), title: "Loss", unit: "percentunit", limits: [[t.lossRatio, "red"]] },
          ],
        ),
      ],
    },
  ];
}

export function memoryAndEvents(t: Thresholds): Band[] {
  return [
    {
      title: "Memory, and what happened to machines",
      height: 8,
      panels: [
        graph(
          {
            title: "Taken by balloons",
            description: "Share of the machine's memory; the ten highest. Above 0 its host is short of memory.",
            unit: "percentunit",
            noValue: "none",
          },
          [{ expr: tenThat(vmRecords.ballooned), legend: "{{vm}}" }],
          [[t.balloonRatio, "yellow"]],
        ).axisSoftMax(2 * t.balloonRatio),
        graph(
          {
            title: "Read back from the host's swap",
            description: "A second, over 5 min, by machine; its vCPU stands still for each page.",
            unit: "Bps",
            noValue: "none",
          },
          [{ expr: tenThat(vmRecords.hostSwapIn), legend: "{{vm}}" }],
          [[t.swapRate, "red"]],
        ).axisSoftMax(t.swapRate),
        graph(
          {
            title: "Events in 5 min",
            description: "Migrations, moves by DRS, relocations and snapshots: each holds its machine for a moment.",
            unit: "short",
            noValue: "none so far",
          },
          [
            {
              expr: promql`sum by (event) (increase(${vm.events}[5m]) and on (job, instance, vm, vm_uuid) ${onEsxi(join.home)})`,
              legend: "{{event}}",
            },
          ],
        ),
        grid(
          {
            title: "Within the last 5 min",
            description: "Machines to which it happened, beside loss that began then.",
            noValue: "none",
          },
          [
            machineColumn,
            { from: "host", title: "Host" },
            { from: "event", title: "Event" },
            { from: ofEsxiVm(promql`${vm.recentEvent} == 1`), title: "" },
          ],
        ),
      ],
    },
  ];
}

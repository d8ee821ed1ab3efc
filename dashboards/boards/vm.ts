import { causesOfMachine, causesOfVm } from "../../alerts/rules/cause.ts";
import { join } from "../../alerts/rules/join.ts";
import { vmRecords } from "../../alerts/rules/kvm.ts";
import { ledger } from "../../alerts/rules/ledger.ts";
import { loss } from "../../alerts/rules/loss.ts";
import type { Thresholds } from "../../src/analysis/thresholds.ts";
import { catalogue } from "../../src/catalogue.ts";
import { type PromQL, promql } from "../../src/metrics/promql.ts";
import { type Band, type Board, board, onlyOne } from "./board.ts";
import { graph, grid, type Limits, note, number } from "./panels.ts";
import { inGuest, ofVm } from "./series.ts";
import { cpuTime } from "./vm-cpu.ts";
import { machineMemory } from "./vm-memory.ts";
import { limitsOfMachine, packetLedger, virtualNics } from "./vm-nics.ts";
import { toldByVcenter } from "./vm-vmware.ts";

const { vm, probe, cpu } = catalogue;

const noData = `**No data?**
- *From outside* comes from the exporter on the machine's host (or near its vCenter), *from inside* from one in the guest.
- *Joined by* is empty: no exporter runs in the guest, or its UUID and MACs are those of no machine that a host tells of.
- The ledger needs both sides.`;

const guestPaths = (expr: PromQL): PromQL => inGuest(promql`${expr}{scope!="control"}`);

function overview(t: Thresholds): Band[] {
  const limits: Limits = [
    [t.lossRatio, "yellow"],
    [t.lossRatioSevere, "red"],
  ];
  return [
    { height: 5, panels: [note("About this board", "What an empty panel means.", noData)] },
    {
      height: 4,
      panels: [
        number(
          {
            title: "Worst path",
            description: "Highest loss of the guest's own paths over the last 5 min.",
            unit: "percentunit",
            noValue: "no exporter inside",
          },
          [{ expr: promql`max(${guestPaths(promql`${loss.fiveMinutes.ratio}`)})`, legend: "loss" }],
          limits,
        ),
        number(
          {
            title: "Longest wait of a vCPU",
            description: "From outside: share of the last 5 min in which the worst vCPU had work and did not run.",
            unit: "percentunit",
            noValue: "unknown",
          },
          [{ expr: promql`max(${ofVm(vmRecords.worstReady)})`, legend: "ready" }],
          [[t.readyRatio, "red"]],
        ),
        number(
          {
            title: "Highest steal",
            description: "From inside: the same waiting, as far as the hypervisor tells the guest.",
            unit: "percentunit",
            noValue: "no exporter inside",
          },
          [{ expr: promql`max(${inGuest(promql`rate(${cpu.steal}[5m])`)})`, legend: "steal" }],
          [[t.stealRatio, "red"]],
        ),
        number(
          {
            title: "Dropped towards it",
            description: "Share of the packets for its worst NIC that the guest did not take, over 5 min.",
            unit: "percentunit",
            noValue: "unknown",
          },
          [{ expr: promql`max(${ofVm(vmRecords.toGuestDropRatio)})`, legend: "drops" }],
          [[t.dropRatio, "red"]],
        ),
        number(
          {
            title: "Missing in 5 min",
            description:
              "Packets that one side of its NICs handed over and the other did not get; see the ledger below.",
            unit: "short",
            noValue: "one side only",
          },
          [{ expr: promql`sum(clamp_min(${ofVm(ledger.missing)}, 0))`, legend: "missing" }],
        ),
        number(
          {
            title: "Taken by its balloon",
            description: "Share of its memory; what counts is that it moves, or that the guest swaps.",
            unit: "percentunit",
            noValue: "unknown",
          },
          [{ expr: promql`max(${ofVm(vmRecords.ballooned)})`, legend: "balloon" }],
          [[t.balloonRatio, "yellow"]],
        ),
      ],
    },
    {
      height: 6,
      panels: [
        {
          width: 11,
          panel: grid(
            {
              title: "The machine and its guest",
              description: "Where it runs, and which exporter inside it was found, by UUID or by MAC.",
            },
            [
              { from: "vm", title: "Machine" },
              { from: "host", title: "Host" },
              { from: "hypervisor", title: "Hypervisor" },
              { from: "vm_uuid", title: "UUID" },
              {
                from: promql`count by (vm, host, hypervisor, vm_uuid) (${ofVm(join.home)})`,
                title: "Known",
                unit: "bool_yes_no",
              },
              {
                from: promql`count by (vm, host, hypervisor, vm_uuid) (${ofVm(join.guestVm)})`,
                title: "Exporters inside",
                unit: "none",
              },
            ],
          ),
        },
        grid(
          {
            title: "Exporters inside",
            description: "Found by the machine's UUID, or by a MAC where the UUID is unreadable or not its own.",
            noValue: "none",
          },
          [
            { from: "instance", title: "Exporter" },
            { from: "by", title: "Joined by" },
            { from: ofVm(join.guestVm), title: "" },
          ],
        ),
        grid(
          {
            title: "Causes at work now",
            description: "Known causes of loss over their limit, on the machine and on its host.",
            noValue: "none",
          },
          [
            { from: "says", title: "At work now" },
            {
              from: promql`${ofVm(causesOfVm)} or on (says) (${causesOfMachine} and on (instance) ${join.home}{vm="$vm", hypervisor!="vmware"})`,
              title: "",
            },
          ],
        ),
      ],
    },
    {
      title: "Loss of the guest's paths, from inside",
      height: 8,
      panels: [
        graph(
          {
            title: "Loss by path",
            description:
              "Share of packets lost over 5 min. Every scope at once: look at CPU time; external only: beyond the host.",
            unit: "percentunit",
            noValue: "no exporter inside",
          },
          [{ expr: guestPaths(promql`${loss.fiveMinutes.ratio}`), legend: "{{path}} ({{scope}}, {{protocol}})" }],
          limits,
        ).axisSoftMax(0.02),
        graph(
          {
            title: "Lost during stalls of the guest",
            description: "Packets a minute whose flight overlaps a moment in which the guest stood still.",
            unit: "short",
            noValue: "no exporter inside",
          },
          [
            {
              expr: inGuest(promql`60 * rate(${probe.stalledLost}[$__rate_interval])`),
              legend: "{{path}} ({{scope}}, {{protocol}})",
            },
          ],
        ),
      ],
    },
  ];
}

export const vmBoard: Board = {
  name: "virtloss-vm",
  build(t) {
    return board(
      {
        uid: "virtloss-vm",
        title: "virtloss / VM",
        description: "One virtual machine from outside and from inside: loss, CPU time, both ends of its NICs, memory.",
      },
      [onlyOne(vm.info, "vm", "Machine")],
      [
        ...overview(t),
        ...cpuTime(t),
        ...virtualNics(t),
        packetLedger,
        limitsOfMachine,
        ...machineMemory(),
        toldByVcenter(t),
      ],
    );
  },
};

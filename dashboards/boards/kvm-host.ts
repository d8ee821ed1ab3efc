import { causesOfMachine, causesOfVm } from "../../alerts/rules/cause.ts";
import { hostRecords } from "../../alerts/rules/host.ts";
import { join } from "../../alerts/rules/join.ts";
import { vmRecords } from "../../alerts/rules/kvm.ts";
import { ledger } from "../../alerts/rules/ledger.ts";
import type { Thresholds } from "../../src/analysis/thresholds.ts";
import { catalogue } from "../../src/catalogue.ts";
import { promql } from "../../src/metrics/promql.ts";
import { type Band, type Board, board, onlyOne } from "./board.ts";
import { memory, power } from "./kvm-host-memory.ts";
import { card, limits, wayThrough } from "./kvm-host-path.ts";
import { graph, grid, note, number } from "./panels.ts";
import { onHost, perSecond } from "./series.ts";

const { vm, pressure, libvirt, qemu, drops } = catalogue;

const noData = `**No data?**
- *Machines* is 0: neither libvirt nor a QEMU process was found; the board *virtloss / Guest* shows the state of each collector.
- Counters of kernel drops and of latencies need privileges of their own; an empty panel is unknown, not zero.
- A row of the rules is missing for a minute after a machine starts.`;

function overview(t: Thresholds): Band[] {
  return [
    { height: 4, panels: [note("About this board", "What an empty panel means.", noData)] },
    {
      height: 4,
      panels: [
        number(
          {
            title: "Machines",
            description: "Running or paused virtual machines that the host tells of.",
            unit: "none",
          },
          [{ expr: promql`count(${onHost(vm.info)}) or vector(0)`, legend: "machines" }],
        ),
        number(
          {
            title: "vCPUs for each CPU",
            description: "Of running machines. Above the limit they wait for each other once they are busy together.",
            unit: "none",
            noValue: "unknown",
          },
          [{ expr: promql`max(${onHost(hostRecords.overcommit)})`, legend: "overcommit" }],
          [[t.overcommitRatio, "yellow"]],
        ),
        number(
          {
            title: "Longest wait of a vCPU",
            description: "Share of the last 5 min in which the worst vCPU of all machines had work and did not run.",
            unit: "percentunit",
            noValue: "unknown",
          },
          [{ expr: promql`max(${onHost(vmRecords.worstReady)})`, legend: "ready" }],
          [[t.readyRatio, "red"]],
        ),
        number(
          {
            title: "Drops a second",
            description: "Of all stages of the way through the host, over the last 5 min.",
            unit: "none",
            noValue: "unknown",
          },
          [{ expr: promql`sum(${onHost(ledger.stages)})`, legend: "drops" }],
          [[t.dropRate, "yellow"]],
        ),
        number(
          {
            title: "Work waits for memory",
            description: "Share of the last 5 min in which some task waited for memory.",
            unit: "percentunit",
            noValue: "unknown",
          },
          [{ expr: promql`max(${onHost(hostRecords.memoryPressure)})`, legend: "memory" }],
          [[t.memoryPressureRatio, "red"]],
        ),
        number(
          {
            title: "Paths that lose",
            description: "Paths of this host and of its machines that lose beyond reasonable doubt.",
            unit: "none",
          },
          [{ expr: promql`sum(${onHost(join.losingPaths)}) or vector(0)`, legend: "paths" }],
          [[1, "red"]],
        ),
      ],
    },
    {
      height: 7,
      panels: [
        {
          width: 12,
          panel: grid(
            {
              title: "Machines",
              description:
                "Worst vCPU's waiting, drops towards the guest, and what holds the machine back; a dash is unknown or not set.",
            },
            [
              { from: "vm", title: "Machine" },
              { from: onHost(vm.vcpus), title: "vCPUs", unit: "none" },
              { from: onHost(vm.pinnedVcpus), title: "Pinned", unit: "none" },
              { from: onHost(vm.vcpuQuota), title: "Quota", unit: "percentunit" },
              {
                from: onHost(vmRecords.worstReady),
                title: "Waits",
                unit: "percentunit",
                limits: [[t.readyRatio, "red"]],
              },
              {
                from: onHost(vmRecords.toGuestDropRatio),
                title: "Drops",
                unit: "percentunit",
                limits: [[t.dropRatio, "red"]],
              },
              { from: onHost(vm.memoryMax), title: "Memory", unit: "bytes" },
              { from: onHost(vm.memoryBallooned), title: "Ballooned", unit: "bytes" },
              { from: onHost(vm.paused), title: "Paused", unit: "bool_yes_no" },
            ],
          ),
        },
        grid(
          {
            title: "Causes on the host",
            description: "Known causes of loss that are over their limit now, on the host itself.",
            noValue: "none",
          },
          [
            { from: "says", title: "At work now" },
            { from: onHost(causesOfMachine), title: "" },
          ],
        ),
        grid(
          {
            title: "Causes on its machines",
            description: "Known causes of loss that are over their limit now, by machine.",
            noValue: "none",
          },
          [
            { from: "vm", title: "Machine" },
            { from: "says", title: "At work now" },
            { from: promql`${causesOfVm} and on (vm, vm_uuid) ${onHost(join.home)}`, title: "" },
          ],
        ),
      ],
    },
  ];
}

function cpus(t: Thresholds): Band[] {
  return [
    {
      title: "CPU time: who waits?",
      height: 8,
      panels: [
        graph(
          {
            title: "Waiting by machine",
            description: "Share of time in which the machine's worst vCPU had work and did not run, over 5 min.",
            unit: "percentunit",
          },
          [{ expr: onHost(vmRecords.worstReady), legend: "{{vm}}" }],
          [[t.readyRatio, "red"]],
        ).axisSoftMax(2 * t.readyRatio),
        graph(
          {
            title: "Waiting of threads that move packets",
            description: "vhost and QEMU's own threads: while they wait, the machine's packets wait as well.",
            unit: "percentunit",
            noValue: "unknown",
          },
          [{ expr: perSecond(onHost(vm.ioReady)), legend: "{{vm}} {{thread}}" }],
        ),
        graph(
          {
            title: "vCPUs for each CPU",
            description: "All vCPUs of running machines, and those that are not pinned.",
            unit: "short",
          },
          [
            { expr: onHost(hostRecords.overcommit), legend: "all" },
            { expr: onHost(hostRecords.unpinnedOvercommit), legend: "not pinned" },
          ],
          [[t.overcommitRatio, "yellow"]],
        ),
        graph(
          {
            title: "Pressure on CPUs",
            description: "Share of time in which some task of the host waited for a CPU (PSI).",
            unit: "percentunit",
            noValue: "kernel without PSI",
          },
          [
            {
              expr: promql`sum by (share) (rate(${pressure.stalled}{instance="$instance", resource="cpu"}[$__rate_interval]))`,
              legend: "{{share}}",
            },
          ],
        ),
      ],
    },
  ];
}

const sources: Band = {
  title: "Where this comes from",
  height: 6,
  panels: [
    graph(
      {
        title: "Domains of libvirt",
        description: "By state. Busy ones told only a part, because libvirt waits for their QEMU.",
        unit: "none",
        noValue: "no libvirt",
      },
      [
        { expr: onHost(libvirt.domains), legend: "{{state}}" },
        { expr: promql`sum(${onHost(libvirt.busy)})`, legend: "busy" },
      ],
    ),
    grid(
      {
        title: "Functions that drop packets",
        description:
          "Since the exporter's start, by the kernel's reason; off unless the collector drops is told to name them.",
        noValue: "off",
      },
      [
        { from: "reason", title: "Reason" },
        { from: "function", title: "Function" },
        { from: promql`topk(20, ${onHost(drops.locations)})`, title: "Packets", unit: "short" },
      ],
    ),
    grid(
      {
        title: "How kernel drops are counted",
        description: "By a program in the kernel, by one of its events, or not at all.",
        noValue: "not counted",
      },
      [
        { from: "method", title: "Method" },
        { from: onHost(drops.info), title: "" },
      ],
    ),
    graph(
      {
        title: "QEMU processes",
        description: "By whether the exporter may read their details; those of other users need CAP_SYS_PTRACE.",
        unit: "none",
        noValue: "none",
      },
      [{ expr: onHost(qemu.processes), legend: "readable: {{readable}}" }],
    ),
  ],
};

export const kvmHostBoard: Board = {
  name: "virtloss-kvm-host",
  build(t) {
    return board(
      {
        uid: "virtloss-kvm-host",
        title: "virtloss / KVM host",
        description:
          "What a host knows of its machines' loss: CPU time, the way of packets through it, limits, memory.",
      },
      [
        onlyOne(vm.info, "host", "Host", '{hypervisor="kvm"}'),
        onlyOne(vm.hostCpus, "instance", "Exporter", '{host="$host"}'),
      ],
      [...overview(t), ...cpus(t), ...wayThrough(t), limits, card, ...memory(t), power, sources],
    );
  },
};

import type { Thresholds } from "../../src/analysis/thresholds.ts";
import { catalogue } from "../../src/catalogue.ts";
import { promql } from "../../src/metrics/promql.ts";
import type { Band } from "./board.ts";
import { graph, grid } from "./panels.ts";
import { onHost, perSecond } from "./series.ts";

const { vm, nic, memory: m, pressure, power: p } = catalogue;

export function memory(t: Thresholds): Band[] {
  return [
    {
      title: "Memory: what stops a vCPU while it works",
      height: 8,
      panels: [
        graph(
          {
            title: "Waiting for memory",
            description: "Share of time in which some task, or all that had work (full), waited for memory (PSI).",
            unit: "percentunit",
            noValue: "kernel without PSI",
          },
          [
            {
              expr: promql`sum by (share) (rate(${pressure.stalled}{instance="$instance", resource="memory"}[$__rate_interval]))`,
              legend: "{{share}}",
            },
          ],
          [[t.memoryPressureRatio, "red"]],
        ).axisSoftMax(2 * t.memoryPressureRatio),
        graph(
          {
            title: "Swap",
            description: "Read back and written a second. Whoever needs a page stands still until it is read back.",
            unit: "Bps",
          },
          [
            { expr: perSecond(onHost(m.swapIn)), legend: "read back" },
            { expr: perSecond(onHost(m.swapOut)), legend: "written" },
          ],
        ),
        graph(
          {
            title: "Host's memory",
            description: "What programs could still have without swapping, and all.",
            unit: "bytes",
          },
          [
            { expr: onHost(m.available), legend: "available" },
            { expr: onHost(m.total), legend: "all" },
          ],
        ),
        graph(
          {
            title: "Merged pages copied a second",
            description: "KSM: each copy stops the vCPU that wrote to the page.",
            unit: "cps",
            noValue: "no KSM",
          },
          [{ expr: perSecond(onHost(m.ksmCopies)), legend: "{{cause}}" }],
          [[t.ksmCopyRate, "yellow"]],
        ).axisSoftMax(t.ksmCopyRate / 10),
      ],
    },
    {
      height: 8,
      panels: [
        graph(
          {
            title: "Taken by balloons",
            description:
              "Memory of each machine that its balloon holds. What counts is that it moves, or that the guest swaps.",
            unit: "bytes",
          },
          [{ expr: onHost(vm.memoryBallooned), legend: "{{vm}}" }],
        ),
        graph(
          {
            title: "Guests swap",
            description: "What each guest swaps in and out a second, as its balloon driver tells.",
            unit: "Bps",
            noValue: "no guest tells",
          },
          [
            { expr: perSecond(onHost(vm.guestSwapIn)), legend: "{{vm}} in" },
            { expr: perSecond(onHost(vm.guestSwapOut)), legend: "{{vm}} out" },
          ],
        ),
        graph(
          {
            title: "Machines in the host's swap",
            description: "Memory of each machine that the host wrote to swap; its guest believes that it is memory.",
            unit: "bytes",
            noValue: "unknown",
          },
          [{ expr: onHost(vm.memoryHostSwapped), legend: "{{vm}}" }],
        ),
        graph(
          {
            title: "KSM",
            description: "Pages by state while KSM runs; all at 0 when it is off.",
            unit: "short",
            noValue: "no KSM",
          },
          [
            { expr: onHost(m.ksmPages), legend: "{{state}}" },
            { expr: onHost(m.ksmRunning), legend: "running" },
          ],
        ),
      ],
    },
    {
      title: "Placement: NUMA and huge pages",
      height: 7,
      panels: [
        grid(
          {
            title: "Machines on NUMA nodes",
            description:
              "Memory and vCPUs of each machine by node. Memory on one and vCPUs on another is a long way for each packet.",
            noValue: "one node",
          },
          [
            { from: "vm", title: "Machine" },
            { from: "node", title: "Node" },
            { from: onHost(vm.memoryNode), title: "Memory", unit: "bytes" },
            { from: onHost(vm.vcpuNode), title: "vCPUs", unit: "none" },
          ],
        ),
        grid(
          {
            title: "Nodes",
            description: "Free memory of each NUMA node.",
            noValue: "one node",
          },
          [
            { from: "node", title: "Node" },
            { from: onHost(m.nodeFree), title: "Free", unit: "bytes" },
            { from: onHost(m.nodeTotal), title: "All", unit: "bytes" },
          ],
        ),
        grid(
          {
            title: "Cards",
            description:
              "NUMA node that each network card is attached to; machines on another node are a long way from it.",
            noValue: "one node",
          },
          [
            { from: "device", title: "Device" },
            { from: onHost(nic.numaNode), title: "Node", unit: "none" },
          ],
        ),
        grid(
          {
            title: "Huge pages",
            description: "Set aside, by size and state.",
            noValue: "none",
          },
          [
            { from: "size", title: "Size, bytes" },
            { from: "state", title: "State" },
            { from: onHost(m.hugePages), title: "Pages", unit: "none" },
          ],
        ),
      ],
    },
  ];
}

/** It explains an interrupt that comes late. */
export const power: Band = {
  title: "Power saving: late interrupts",
  height: 6,
  panels: [
    grid(
      {
        title: "Frequency policies",
        description: "CPUs by driver and governor; powersave of acpi-cpufreq keeps them slow.",
        noValue: "none",
      },
      [
        { from: "driver", title: "Driver" },
        { from: "governor", title: "Governor" },
        { from: onHost(p.frequencyPolicy), title: "CPUs", unit: "none" },
      ],
    ),
    grid(
      {
        title: "Idle states",
        description: "Time that a CPU takes to wake up from each state that it may enter.",
        noValue: "none",
      },
      [
        { from: "state", title: "State" },
        { from: onHost(p.idleStateLatency), title: "Wakes up in", unit: "s" },
      ],
    ),
  ],
};

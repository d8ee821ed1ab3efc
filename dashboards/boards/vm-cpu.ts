import { vmRecords } from "../../alerts/rules/kvm.ts";
import type { Thresholds } from "../../src/analysis/thresholds.ts";
import { catalogue } from "../../src/catalogue.ts";
import { promql } from "../../src/metrics/promql.ts";
import type { Band } from "./board.ts";
import { graph, grid } from "./panels.ts";
import { inGuest, ofVm, overFiveMinutes, perSecond } from "./series.ts";

const { vm, cpu, prober, latency } = catalogue;

export function cpuTime(t: Thresholds): Band[] {
  return [
    {
      title: "CPU time: from outside and from inside",
      height: 8,
      panels: [
        graph(
          {
            title: "Waiting by vCPU, from outside",
            description: "Share of time in which the vCPU had work and its host ran something else, over 5 min.",
            unit: "percentunit",
          },
          [{ expr: ofVm(vmRecords.ready), legend: "vCPU {{vcpu}}" }],
          [[t.readyRatio, "red"]],
        ).axisSoftMax(2 * t.readyRatio),
        graph(
          {
            title: "Steal by CPU, from inside",
            description:
              "What the guest knows of the same. 0 here beside waiting on the left: the hypervisor does not tell it.",
            unit: "percentunit",
            noValue: "no exporter inside",
          },
          [{ expr: inGuest(promql`rate(${cpu.steal}[$__rate_interval])`), legend: "CPU {{cpu}}" }],
          [[t.stealRatio, "red"]],
        ).axisSoftMax(2 * t.stealRatio),
        graph(
          {
            title: "Prober stood still, from inside",
            description: "Share of time in which the guest's prober was due and did not run, by what kept it.",
            unit: "percentunit",
            noValue: "no exporter inside",
          },
          [{ expr: inGuest(promql`rate(${prober.stalledSeconds}[$__rate_interval])`), legend: "{{cause}}" }],
        ),
        graph(
          {
            title: "Threads that move its packets",
            description: "Share of time in which vhost or QEMU's own threads had work and did not run.",
            unit: "percentunit",
            noValue: "unknown",
          },
          [{ expr: perSecond(ofVm(vm.ioReady)), legend: "{{thread}}" }],
        ),
      ],
    },
    {
      height: 8,
      panels: [
        {
          width: 8,
          panel: grid(
            {
              title: "What its host grants",
              description:
                "vCPUs, those that are pinned, limits and reservations of CPU time; a dash is not set, or unknown.",
            },
            [
              { from: "vm", title: "Machine" },
              { from: ofVm(vm.vcpus), title: "vCPUs", unit: "none" },
              { from: ofVm(vm.pinnedVcpus), title: "Pinned", unit: "none" },
              { from: ofVm(vm.vcpuQuota), title: "Quota", unit: "percentunit" },
              { from: ofVm(vm.cpuReservation), title: "Reserved", unit: "hertz" },
              { from: ofVm(vm.cpuLimit), title: "Limit", unit: "hertz" },
            ],
          ),
        },
        graph(
          {
            title: "Running by vCPU",
            description: "Share of time in which the vCPU ran, over 5 min; a quota shows as a ceiling.",
            unit: "percentunit",
          },
          [
            { expr: overFiveMinutes(ofVm(vm.run)), legend: "vCPU {{vcpu}}" },
            { expr: ofVm(vm.vcpuQuota), legend: "quota" },
          ],
        ),
        graph(
          {
            title: "Other waits",
            description:
              "wait: for something else than a CPU, where the host counts it. VMware: co-stop, held for its siblings; limit, held by its CPU limit.",
            unit: "percentunit",
            noValue: "not counted",
          },
          [
            { expr: perSecond(ofVm(vm.wait)), legend: "wait, vCPU {{vcpu}}" },
            { expr: overFiveMinutes(ofVm(vm.costop)), legend: "co-stop, vCPU {{vcpu}}" },
            { expr: overFiveMinutes(ofVm(vm.limited)), legend: "limit, vCPU {{vcpu}}" },
          ],
        ),
        graph(
          {
            title: "From wake-up to running, 99 %",
            description: "By thread of the machine. Needs the collector latency on the host, which is off by default.",
            unit: "s",
            noValue: "collector latency is off",
          },
          [
            {
              expr: promql`histogram_quantile(0.99, sum by (thread, le) (rate(${latency.scheduling}_bucket{vm="$vm"}[$__rate_interval])))`,
              legend: "{{thread}}",
            },
          ],
        ),
      ],
    },
  ];
}

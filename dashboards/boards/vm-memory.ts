import { catalogue } from "../../src/catalogue.ts";
import { promql } from "../../src/metrics/promql.ts";
import type { Band } from "./board.ts";
import { graph } from "./panels.ts";
import { inGuest, ofVm, overFiveMinutes, perSecond } from "./series.ts";

const { vm, memory: m, pressure } = catalogue;

export function machineMemory(): Band[] {
  return [
    {
      title: "Memory: from outside and from inside",
      height: 8,
      panels: [
        graph(
          {
            title: "Memory, from outside",
            description:
              "Given at most, taken by the balloon and to be taken, unused by the guest, and in the host's swap.",
            unit: "bytes",
          },
          [
            { expr: ofVm(vm.memoryMax), legend: "at most" },
            { expr: ofVm(vm.memoryBallooned), legend: "taken by the balloon" },
            { expr: ofVm(vm.memoryBalloonTarget), legend: "to be taken" },
            { expr: ofVm(vm.memoryUnused), legend: "unused by the guest" },
            { expr: ofVm(vm.memoryHostSwapped), legend: "in the host's swap" },
          ],
        ),
        graph(
          {
            title: "Balloon, from inside",
            description: "Bytes a second that the guest's balloon driver took or gave back.",
            unit: "Bps",
            noValue: "no exporter inside",
          },
          [{ expr: inGuest(promql`rate(${m.balloonBytes}[$__rate_interval])`), legend: "{{direction}}" }],
        ),
        graph(
          {
            title: "Swap",
            description:
              "A second: of the guest, as its host is told and as it counts itself; and of the host with the machine's memory.",
            unit: "Bps",
            noValue: "nobody tells",
          },
          [
            { expr: perSecond(ofVm(vm.guestSwapIn)), legend: "in, from outside" },
            { expr: perSecond(ofVm(vm.guestSwapOut)), legend: "out, from outside" },
            { expr: overFiveMinutes(ofVm(vm.hostSwapIn)), legend: "in, its host's own swap" },
            { expr: overFiveMinutes(ofVm(vm.hostSwapOut)), legend: "out, its host's own swap" },
            { expr: inGuest(promql`rate(${m.swapIn}[$__rate_interval])`), legend: "in, from inside" },
            { expr: inGuest(promql`rate(${m.swapOut}[$__rate_interval])`), legend: "out, from inside" },
          ],
        ),
        graph(
          {
            title: "Guest waits",
            description: "Share of time in which some task of the guest waited for CPU, memory or disk (PSI).",
            unit: "percentunit",
            noValue: "no exporter inside",
          },
          [
            {
              expr: inGuest(promql`rate(${pressure.stalled}{share="some"}[$__rate_interval])`),
              legend: "{{resource}}",
            },
          ],
        ),
      ],
    },
  ];
}

import { join } from "../../alerts/rules/join.ts";
import { uplinkRecords } from "../../alerts/rules/vmware-uplinks.ts";
import type { Thresholds } from "../../src/analysis/thresholds.ts";
import { catalogue } from "../../src/catalogue.ts";
import { promql } from "../../src/metrics/promql.ts";
import type { Band } from "./board.ts";
import { graph, grid } from "./panels.ts";
import { ofVm } from "./series.ts";

const { vm } = catalogue;

/** What only a vCenter tells of a machine. */
export function toldByVcenter(t: Thresholds): Band {
  return {
    title: "VMware: what happened to it, and its host's way out",
    height: 7,
    panels: [
      {
        width: 7,
        panel: grid(
          {
            title: "Events",
            description:
              "Migrations and snapshots since its exporter's start; each holds the machine for a moment. Empty: none, or not VMware.",
            noValue: "none",
          },
          [
            { from: "event", title: "Event" },
            { from: ofVm(vm.events), title: "Times", unit: "none" },
            { from: ofVm(vm.recentEvent), title: "In the last 5 min", unit: "bool_yes_no" },
          ],
        ),
      },
      {
        width: 5,
        panel: grid(
          {
            title: "Latency sensitivity",
            description: "High keeps whole CPUs for the machine, where its CPU and memory are reserved in full.",
            noValue: "not on VMware",
          },
          [
            { from: "level", title: "Level" },
            { from: ofVm(vm.latencySensitivity), title: "" },
          ],
        ),
      },
      graph(
        {
          title: "Dropped at its host's uplinks",
          description:
            "Share of the packets of each physical NIC over 5 min; which of them is the machine's, its switch decides.",
          unit: "percentunit",
          noValue: "not on VMware",
        },
        [
          {
            expr: promql`${uplinkRecords.dropRatio} and on (host) ${ofVm(join.home)}`,
            legend: "{{device}} {{direction}}",
          },
        ],
        [[t.dropRatio, "red"]],
      ).axisSoftMax(2 * t.dropRatio),
    ],
  };
}

import { catalogue } from "../../src/catalogue.ts";
import { promql } from "../../src/metrics/promql.ts";
import type { Band } from "./board.ts";
import { graph, grid } from "./panels.ts";
import { ofInstance } from "./series.ts";

const { guest, self } = catalogue;

export const exporter: Band[] = [
  {
    title: "The exporter",
    height: 8,
    panels: [
      grid(
        {
          title: "Collectors",
          description: "State of each source. Absent is no fault: this machine does not have it.",
        },
        [
          { from: "instance", title: "Machine" },
          { from: "collector", title: "Collector" },
          { from: "state", title: "State" },
          { from: promql`${ofInstance(self.collectorState)} == 1`, title: "" },
        ],
      ),
      graph(
        {
          title: "Time of collectors",
          description: "Of each collector's last run; a scrape waits for the slowest.",
          unit: "s",
        },
        [{ expr: ofInstance(self.collectorDuration), legend: "{{instance}} {{collector}}" }],
      ),
      graph(
        {
          title: "Age of the last answer",
          description: "Since each source last answered; it grows while a source is silent.",
          unit: "s",
        },
        [{ expr: promql`time() - ${ofInstance(self.sourceLastSuccess)}`, legend: "{{instance}} {{collector}}" }],
      ),
    ],
  },
  {
    height: 6,
    panels: [
      grid(
        {
          title: "Machines",
          description: "UUID and hypervisor, by which a guest meets its host's series; the exporter's version.",
        },
        [
          { from: "instance", title: "Machine" },
          { from: "hypervisor", title: "Hypervisor" },
          { from: "vm_uuid", title: "UUID" },
          { from: ofInstance(guest.info), title: "" },
        ],
      ),
      grid(
        {
          title: "Versions and configuration",
          description: "A configuration that could not be loaded leaves the old one running.",
        },
        [
          { from: "instance", title: "Machine" },
          { from: "version", title: "virtloss" },
          { from: "node", title: "Node.js" },
          { from: ofInstance(self.buildInfo), title: "" },
          { from: ofInstance(self.reloadSuccessful), title: "Loaded", unit: "bool_yes_no" },
          { from: promql`1000 * ${ofInstance(self.reloadTimestamp)}`, title: "Since", unit: "dateTimeFromNow" },
        ],
      ),
      grid(
        {
          title: "Thresholds",
          description:
            "Those of each exporter. The alert VirtlossThresholdMismatch compares them with those of the rules.",
        },
        [
          { from: "instance", title: "Machine" },
          { from: "name", title: "Threshold" },
          { from: ofInstance(self.threshold), title: "Value", unit: "none" },
        ],
      ),
    ],
  },
];

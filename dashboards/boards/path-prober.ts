import type { Thresholds } from "../../src/analysis/thresholds.ts";
import { catalogue } from "../../src/catalogue.ts";
import { promql } from "../../src/metrics/promql.ts";
import type { Band } from "./board.ts";
import { graph, grid } from "./panels.ts";
import { ofInstance, ofPath, perMinute, perSecond } from "./series.ts";

const { probe, prober } = catalogue;

const thePath = "{{path}} {{protocol}}";

export const accounting: Band = {
  title: "Accounting: sent = judged + void + in flight",
  height: 8,
  panels: [
    graph(
      {
        title: "Packets",
        description: "Every attempt to send ends as received, lost or void; a void packet says nothing of the path.",
        unit: "pps",
      },
      [
        { expr: promql`sum(${perSecond(ofPath(probe.sent))})`, legend: "sent" },
        { expr: promql`sum(${perSecond(ofPath(probe.received))})`, legend: "received" },
        { expr: promql`sum(${perSecond(ofPath(probe.lost))})`, legend: "lost" },
        // A void series appears with its first event, so none is truly zero.
        {
          expr: promql`sum(${perSecond(ofPath(probe.void))}) or sum(${perSecond(ofPath(probe.sent))}) * 0`,
          legend: "void",
        },
      ],
    ),
    graph(
      { title: "In flight", description: "Packets without a verdict yet: rate times timeout at most.", unit: "short" },
      [{ expr: ofPath(probe.inFlight), legend: thePath }],
    ),
    graph(
      {
        title: "Unaccounted packets",
        description:
          "Sent less judged, void and in flight, since the exporter's start. Anything but 0 is a fault of the prober.",
        unit: "short",
      },
      [
        {
          expr: promql`sum(${ofPath(probe.sent)}) - sum(${ofPath(probe.packets)}) - (sum(${ofPath(probe.void)}) or vector(0)) - sum(${ofPath(probe.inFlight)})`,
          legend: "unaccounted",
        },
      ],
    ),
    graph(
      {
        title: "Late, duplicate and reordered",
        description:
          "Replies a minute that came after the timeout (lost nevertheless), twice, or after a later packet's.",
        unit: "short",
      },
      [
        { expr: promql`sum(${perMinute(ofPath(probe.late))})`, legend: "late" },
        { expr: promql`sum(${perMinute(ofPath(probe.duplicates))})`, legend: "duplicate" },
        { expr: promql`sum(${perMinute(ofPath(probe.reordered))})`, legend: "reordered" },
        { expr: promql`sum(${perMinute(ofPath(probe.stalledLost))})`, legend: "lost during a stall of this machine" },
      ],
    ),
  ],
};

export function doubts(t: Thresholds): Band[] {
  return [
    {
      title: "The prober's doubts about itself",
      height: 8,
      panels: [
        graph(
          {
            title: "Void packets by reason",
            description:
              "Share of the packets sent that got no verdict. Above the limit the loss above is not to be trusted.",
            unit: "percentunit",
          },
          [
            {
              expr: promql`sum by (reason) (${perSecond(ofPath(probe.void))}) / on () group_left () (sum(${perSecond(ofPath(probe.sent))}) > 0)`,
              legend: "{{reason}}",
            },
            {
              expr: promql`(sum(${perSecond(ofPath(probe.void))}) or vector(0)) / (sum(${perSecond(ofPath(probe.sent))}) > 0)`,
              legend: "all reasons",
            },
          ],
          [[t.voidRatio, "yellow"]],
        ).axisSoftMax(2 * t.voidRatio),
        graph(
          {
            title: "Events a minute",
            description:
              "Replies dropped at our own socket, send slots skipped, sends that the kernel refused, restarts of the engine.",
            unit: "short",
          },
          [
            {
              expr: promql`sum by (protocol, family) (${perMinute(ofInstance(prober.socketDrops))})`,
              legend: "socket drops {{protocol}} {{family}}",
            },
            {
              expr: promql`sum by (protocol) (${perMinute(ofInstance(prober.lateSends))})`,
              legend: "late sends {{protocol}}",
            },
            {
              expr: promql`sum(${perMinute(ofPath(probe.sendErrors))}) or sum(${perSecond(ofPath(probe.sent))}) * 0`,
              legend: "refused sends",
            },
            { expr: promql`sum(${perMinute(ofInstance(prober.restarts))})`, legend: "restarts" },
          ],
        ),
        graph(
          {
            title: "Stalls",
            description:
              "Wake-ups of the prober more than 5 ms late, a minute, and the time that it was not run, by what kept it: a CPU quota, a stopped process, steal by the hypervisor, other tasks.",
            unit: "short",
          },
          [
            {
              expr: promql`sum by (instance) (60 * rate(${prober.stalls}_count{instance=~"$instance"}[$__rate_interval]))`,
              legend: "{{instance}} wake-ups",
            },
            {
              expr: promql`sum by (instance, cause) (${perMinute(ofInstance(prober.stalledSeconds))}) > 0`,
              legend: "{{instance}} seconds {{cause}}",
            },
          ],
        ),
        graph(
          {
            title: "Packets without use",
            description: "Packets a minute on our sockets that answer no probe, and replies without a kernel stamp.",
            unit: "short",
          },
          [
            {
              expr: promql`sum by (reason) (${perMinute(ofInstance(prober.rejected))}) or sum(${perSecond(ofPath(probe.sent))}) * 0`,
              legend: "rejected {{reason}}",
            },
            {
              expr: promql`sum by (direction) (${perMinute(ofInstance(prober.missingStamps))}) or sum(${perSecond(ofPath(probe.sent))}) * 0`,
              legend: "no stamp {{direction}}",
            },
          ],
        ),
      ],
    },
    {
      height: 7,
      panels: [
        grid(
          {
            title: "Targets",
            description: "What each path probes and from where; a target by name is shown with the address in use.",
          },
          [
            { from: "instance", title: "Measured by" },
            { from: "path", title: "Path" },
            { from: "scope", title: "Scope" },
            { from: "protocol", title: "Protocol" },
            { from: "target", title: "Target" },
            { from: "address", title: "Address" },
            { from: "vm_uuid", title: "UUID of the machine that probes" },
            { from: ofPath(probe.pathInfo), title: "" },
          ],
        ),
        {
          width: 8,
          panel: graph(
            {
              title: "Receive buffer",
              description: "What the kernel granted to the probe sockets; net.core.rmem_max limits it.",
              unit: "bytes",
            },
            [{ expr: ofInstance(prober.receiveBuffer), legend: "{{instance}} {{protocol}} {{family}}" }],
          ),
        },
      ],
    },
  ];
}

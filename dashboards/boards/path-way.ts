import { catalogue } from "../../src/catalogue.ts";
import { promql } from "../../src/metrics/promql.ts";
import type { Band } from "./board.ts";
import { graph } from "./panels.ts";
import { ofPath, perMinute, perSecond } from "./series.ts";

const { probe } = catalogue;

const thePath = "{{path}} {{protocol}}";

/** What is known of where on the way the packets are lost. */
export const onTheWay: Band = {
  title: "On the way",
  height: 8,
  panels: [
    graph(
      {
        title: "Lost by direction",
        description:
          "Packets a minute of paths with a reflector (stamp): forward is to the target. Unknown: late replies, and losses around a restart or after the last reply.",
        unit: "short",
        noValue: "no path has stamp",
      },
      [
        {
          expr: promql`sum by (path, direction) (${perMinute(ofPath(probe.directionLost))})`,
          legend: "{{path}} {{direction}}",
        },
      ],
    ),
    graph(
      {
        title: "Answered by an ICMP error",
        description:
          "Packets a minute that a router, the target or this kernel reported as undeliverable, by reason; they are lost as well.",
        unit: "short",
      },
      [
        {
          expr: promql`sum by (path, reason) (${perMinute(ofPath(probe.icmpErrors))})`,
          legend: "{{path}} {{reason}}",
        },
        {
          expr: promql`sum by (path) (${perMinute(ofPath(probe.rotations))})`,
          legend: "{{path}} took another identifier",
        },
        { expr: promql`sum(${perSecond(ofPath(probe.sent))}) * 0`, legend: "none other" },
      ],
    ),
    graph(
      {
        title: "Path MTU",
        description:
          "Largest IP packet that passes unfragmented, as far as the kernel and routers have told; of paths with df or the size mtu.",
        unit: "bytes",
        noValue: "no path asks for it",
      },
      [{ expr: ofPath(probe.pathMtu), legend: thePath }],
    ),
  ],
};

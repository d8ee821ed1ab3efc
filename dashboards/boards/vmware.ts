import { hostRecords } from "../../alerts/rules/host.ts";
import { join } from "../../alerts/rules/join.ts";
import { vmRecords } from "../../alerts/rules/kvm.ts";
import { serverRecords } from "../../alerts/rules/servers.ts";
import { vmwareCpuRecords } from "../../alerts/rules/vmware-cpu.ts";
import type { Thresholds } from "../../src/analysis/thresholds.ts";
import { catalogue } from "../../src/catalogue.ts";
import { type PromQL, promql } from "../../src/metrics/promql.ts";
import { type Band, type Board, board, choice } from "./board.ts";
import { graph, grid, note, number } from "./panels.ts";
import { ofServer, onEsxi } from "./series.ts";
import { esxiHosts } from "./vmware-hosts.ts";
import { machines, memoryAndEvents } from "./vmware-machines.ts";
import { networks, nsxBands } from "./vmware-networks.ts";

const { vcenter, self } = catalogue;

const noData = `**No data?**
- *Servers* is empty: no exporter has \`vcenters\` or \`nsx_managers\` in its configuration. A server in red says why in the next table.
- Counters start when a machine is first read, and come in samples of 20 seconds: rates need two readings.
- Loss is measured by exporters in guests; without them the board shows causes only.`;

function overview(t: Thresholds): Band[] {
  return [
    { height: 5, panels: [note("About this board", "What an empty panel means.", noData)] },
    {
      height: 4,
      panels: [
        number(
          {
            title: "Servers failing",
            description: "vCenters and NSX managers that cannot be read; what they told last is old, then gone.",
            unit: "none",
          },
          [
            {
              expr: promql`count(count by (collector, server) (${self.serverFailure} == 1)) or vector(0)`,
              legend: "failed",
            },
          ],
          [[1, "red"]],
        ),
        number(
          {
            title: "Hosts cut off",
            description: "Hosts that their vCenter does not reach; their machines are unseen.",
            unit: "none",
          },
          [
            {
              expr: promql`count(count by (host) (${vcenter.host}{server=~"$server", host=~"$host", state!~"connected|maintenance"})) or vector(0)`,
              legend: "hosts",
            },
          ],
          [[1, "red"]],
        ),
        number(
          {
            title: "Machines",
            description: "Running machines on the hosts that are shown.",
            unit: "none",
          },
          [{ expr: promql`count(${onEsxi(join.home)}) or vector(0)`, legend: "machines" }],
        ),
        number(
          {
            title: "vCPUs per CPU",
            description: "For each CPU of the fullest host. Above the limit machines wait once they are busy together.",
            unit: "none",
            decimals: 1,
            noValue: "unknown",
          },
          [{ expr: promql`max(${onEsxi(hostRecords.overcommit)})`, legend: "overcommit" }],
          [[t.overcommitRatio, "yellow"]],
        ),
        number(
          {
            title: "Longest wait",
            description: "Share of the last 5 min in which the worst vCPU of all machines had work and did not run.",
            unit: "percentunit",
            noValue: "unknown",
          },
          [{ expr: promql`max(${onEsxi(vmRecords.worstReady)})`, legend: "ready" }],
          [[t.readyRatio, "red"]],
        ),
        number(
          {
            title: "Longest co-stop",
            description: "Share of the last 5 min in which the worst vCPU was held for its siblings.",
            unit: "percentunit",
            noValue: "unknown",
          },
          [{ expr: promql`max(${onEsxi(vmwareCpuRecords.costop)})`, legend: "co-stop" }],
          [[t.costopRatio, "red"]],
        ),
        number(
          {
            title: "Guests that lose",
            description: "Machines on these hosts whose own paths lose beyond reasonable doubt.",
            unit: "none",
          },
          [
            {
              expr: promql`count(count by (vm, vm_uuid) (${onEsxi(join.vmLosing)})) or vector(0)`,
              legend: "machines",
            },
          ],
          [[1, "red"]],
        ),
      ],
    },
  ];
}

/** Of all exporters that read a part of the server. */
const whole = (expr: PromQL): PromQL =>
  promql`(${expr}) * on (server) group_left (version, build) max by (server, version, build) (${ofServer(vcenter.info)})`;

function servers(t: Thresholds): Band[] {
  return [
    {
      title: "Servers: is what is seen whole and fresh?",
      height: 7,
      panels: [
        {
          width: 9,
          panel: grid(
            {
              title: "Servers",
              description: "Age of the last good answer, and how long a reading takes. Both NSX managers and vCenters.",
              noValue: "none configured",
            },
            [
              { from: "collector", title: "Kind" },
              { from: "server", title: "Server" },
              { from: "instance", title: "Read by" },
              { from: promql`${self.serverState}{state="ok"}`, title: "Answers", unit: "bool_yes_no" },
              {
                from: promql`time() - ${self.serverLastSuccess}`,
                title: "Age",
                unit: "s",
                limits: [[t.sourceStaleSeconds, "red"]],
              },
              { from: promql`${self.serverDuration}`, title: "Takes", unit: "s" },
            ],
          ),
        },
        {
          width: 9,
          panel: grid(
            {
              title: "vCenters",
              description:
                "Machines that are read, samples that never came in 15 min, and how old the newest one is by the server's clock.",
              noValue: "none",
            },
            [
              { from: "server", title: "Server" },
              { from: "version", title: "Version" },
              { from: "build", title: "Build" },
              { from: whole(promql`sum by (server) (${vcenter.machines})`), title: "Machines", unit: "none" },
              {
                from: whole(promql`max by (server) (${serverRecords.missing})`),
                title: "Missing",
                unit: "percentunit",
                limits: [[t.missingSampleRatio, "red"]],
              },
              {
                from: whole(promql`max by (server) (time() - ${vcenter.newestSample})`),
                title: "Newest",
                unit: "s",
                limits: [[t.sourceStaleSeconds, "red"]],
              },
            ],
          ),
        },
        grid(
          {
            title: "What is wrong with servers",
            description: "Why one cannot be read, and privileges that its user lacks on some objects.",
            noValue: "nothing",
          },
          [
            { from: "server", title: "Server" },
            { from: "reason", title: "Reason, or privilege" },
            {
              from: promql`
                ${self.serverFailure} == 1
                or label_join(${ofServer(vcenter.missingPrivilege)}, "reason", "", "privilege")`,
              title: "",
            },
          ],
        ),
      ],
    },
    {
      height: 6,
      panels: [
        graph(
          {
            title: "Samples a second",
            description: "Of 20 seconds each, of machines and hosts. Missing ones make waits and drops read too low.",
            unit: "cps",
            noValue: "none yet",
          },
          [
            {
              expr: promql`sum by (server, result) (rate(${vcenter.samples}{server=~"$server"}[5m]))`,
              legend: "{{server}} {{result}}",
            },
          ],
        ),
        graph(
          {
            title: "Questions that failed a second",
            description:
              "For samples; what they asked for is asked again. A deleted machine makes one fail now and then.",
            unit: "cps",
            noValue: "none yet",
          },
          [
            {
              expr: promql`sum by (server) (rate(${vcenter.failedQueries}{server=~"$server"}[5m]))`,
              legend: "{{server}}",
            },
          ],
        ),
        graph(
          {
            title: "A reading takes",
            description: "By server; readings of one server never overlap.",
            unit: "s",
            noValue: "none yet",
          },
          [{ expr: promql`${self.serverDuration}`, legend: "{{collector}} {{server}}" }],
        ),
      ],
    },
  ];
}

export const vmwareBoard: Board = {
  name: "virtloss-vmware",
  build(t) {
    return board(
      {
        uid: "virtloss-vmware",
        title: "virtloss / VMware",
        description:
          "What vCenters and NSX managers know of their machines' loss: CPU time, networks and their limits, uplinks, memory.",
      },
      [choice(vcenter.info, "server", "vCenter"), choice(vcenter.host, "host", "Host", '{server=~"$server"}')],
      [
        ...overview(t),
        ...machines(t),
        ...networks,
        ...esxiHosts(t),
        ...memoryAndEvents(t),
        ...nsxBands(t),
        ...servers(t),
      ],
    );
  },
};

import { softirqRecords } from "../../alerts/rules/guest.ts";
import type { Thresholds } from "../../src/analysis/thresholds.ts";
import { catalogue } from "../../src/catalogue.ts";
import { promql } from "../../src/metrics/promql.ts";
import { type Band, type Board, board, choice } from "./board.ts";
import { exporter } from "./guest-exporter.ts";
import { interfaces, services } from "./guest-network.ts";
import { graph, note, number } from "./panels.ts";
import { ofInstance, perSecond } from "./series.ts";

const { cpu, softirq, softnet, nic, transport, self } = catalogue;

const netRx = promql`rate(${softirq.total}{instance=~"$instance", vector="NET_RX"}[$__rate_interval])`;

const cpuLegend = "{{instance}} CPU {{cpu}}";

const noData = `**No data?**
- *Collectors* below says for each source: ok, absent on this machine, or failed.
- An absent source has no series: its panels are empty, not zero.
- Steal is always 0 on bare metal, and on hypervisors that do not report it.`;

function overview(t: Thresholds): Band[] {
  return [
    {
      height: 4,
      panels: [note("About this board", "What an empty panel means.", noData)],
    },
    {
      height: 4,
      panels: [
        number(
          {
            title: "Highest steal",
            description: "Share of the last 5 min in which a vCPU had work and the hypervisor ran something else.",
            unit: "percentunit",
            noValue: "absent",
          },
          [{ expr: promql`max(rate(${ofInstance(cpu.steal)}[5m]))`, legend: "steal" }],
          [[t.stealRatio, "red"]],
        ),
        number(
          {
            title: "NET_RX on one CPU",
            description: "Near 1 on a machine with several CPUs: one of them does all network receive work.",
            unit: "percentunit",
            noValue: "absent",
          },
          [{ expr: promql`max(${ofInstance(softirqRecords.busiest)})`, legend: "share" }],
          [[t.softirqBusiestRatio, "yellow"]],
        ),
        number(
          {
            title: "Emulated NICs",
            description:
              "Interfaces of emulated hardware (e1000 and the like), which lose packets at rates that virtio carries.",
            unit: "none",
            noValue: "absent",
          },
          [
            {
              expr: promql`count(${nic.info}{instance=~"$instance", kind="emulated"}) or count(${ofInstance(nic.info)}) * 0`,
              legend: "emulated",
            },
          ],
          [[1, "red"]],
        ),
        number(
          {
            title: "TCP resent",
            description: "Share over the last 5 min: the loss that the services of this machine see.",
            unit: "percentunit",
            noValue: "absent",
          },
          [
            {
              expr: promql`max(rate(${ofInstance(transport.retransmitted)}[5m]) / (rate(${ofInstance(transport.segments)}[5m]) > 0))`,
              legend: "retransmitted",
            },
          ],
          [[t.lossRatioSevere, "yellow"]],
        ),
        number(
          {
            title: "Collectors failed",
            description: "Sources that this machine has and that could not be read.",
            unit: "none",
          },
          [
            {
              expr: promql`count(${self.collectorState}{instance=~"$instance", state="failed"} == 1) or vector(0)`,
              legend: "failed",
            },
          ],
          [[1, "red"]],
        ),
      ],
    },
  ];
}

function cpus(t: Thresholds): Band[] {
  return [
    {
      title: "CPUs: is there time to serve packets?",
      height: 8,
      panels: [
        graph(
          {
            title: "Steal by CPU",
            description:
              "Share of time in which the vCPU had work and did not run. Above the limit expect loss that no counter of this machine shows.",
            unit: "percentunit",
          },
          [{ expr: perSecond(ofInstance(cpu.steal)), legend: cpuLegend }],
          [[t.stealRatio, "red"]],
        ).axisSoftMax(2 * t.stealRatio),
        graph(
          {
            title: "Time in softirqs by CPU",
            description: "Near 100 % the CPU cannot take more packets, whatever the others do.",
            unit: "percentunit",
          },
          [{ expr: perSecond(ofInstance(cpu.softirq)), legend: cpuLegend }],
        ),
        graph(
          {
            title: "NET_RX by CPU",
            description: "Share of the machine's network receive work. Even is best; one line at the top is one queue.",
            unit: "percentunit",
          },
          [
            {
              expr: promql`${netRx} / on (job, instance) group_left () (sum by (job, instance) (${netRx}) > 0)`,
              legend: cpuLegend,
            },
          ],
          [[t.softirqBusiestRatio, "yellow"]],
        ).axisSoftMax(1),
        graph(
          {
            title: "NET_RX imbalance",
            description: "Busiest CPU's share times the number of CPUs: 1 is even, the number of CPUs is all on one.",
            unit: "short",
          },
          [{ expr: ofInstance(softirqRecords.imbalance), legend: "{{instance}}" }],
        ),
      ],
    },
    {
      height: 8,
      panels: [
        graph(
          {
            title: "Softirqs by vector",
            description: "What the kernel's deferred work is; NET_RX is receiving.",
            unit: "cps",
          },
          [{ expr: promql`sum by (vector) (${perSecond(ofInstance(softirq.total))})`, legend: "{{vector}}" }],
        ),
        graph(
          {
            title: "Frames processed by CPU",
            description: "Taken from drivers and backlog; a wake-up by another CPU is receive packet steering.",
            unit: "pps",
          },
          [
            { expr: perSecond(ofInstance(softnet.processed)), legend: cpuLegend },
            {
              expr: promql`sum by (instance) (${perSecond(ofInstance(softnet.receivedRps))})`,
              legend: "{{instance}} woken by RPS",
            },
          ],
        ),
        graph(
          {
            title: "Softnet: dropped, limited, squeezed",
            description:
              "Dropped and limited frames are lost before any socket. Squeezed says that work was left: alone it is no loss.",
            unit: "cps",
          },
          [
            { expr: perSecond(ofInstance(softnet.dropped)), legend: `dropped, ${cpuLegend}` },
            { expr: perSecond(ofInstance(softnet.flowLimit)), legend: `flow limit, ${cpuLegend}` },
            { expr: perSecond(ofInstance(softnet.squeezed)), legend: `squeezed, ${cpuLegend}` },
          ],
        ),
        graph(
          {
            title: "Backlog",
            description:
              "Frames that wait on a CPU's backlog at the moment of the scrape: to be fetched, and in processing.",
            unit: "short",
          },
          [
            { expr: promql`sum by (instance) (${ofInstance(softnet.backlog)})`, legend: "{{instance}} all" },
            { expr: promql`sum by (instance) (${ofInstance(softnet.inputQueue)})`, legend: "{{instance}} to fetch" },
            {
              expr: promql`sum by (instance) (${ofInstance(softnet.processQueue)})`,
              legend: "{{instance}} in processing",
            },
          ],
        ),
      ],
    },
  ];
}

export const guestBoard: Board = {
  name: "virtloss-guest",
  build(t) {
    return board(
      {
        uid: "virtloss-guest",
        title: "virtloss / Guest",
        description: "What a machine knows of the reasons for loss: CPUs, softirqs, network interfaces, transport.",
      },
      [choice(self.buildInfo, "instance", "Machine")],
      [...overview(t), ...cpus(t), ...interfaces, services, ...exporter],
    );
  },
};

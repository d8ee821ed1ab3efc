import { loss } from "../../alerts/rules/loss.ts";
import type { Thresholds } from "../../src/analysis/thresholds.ts";
import { catalogue } from "../../src/catalogue.ts";
import type { MetricDef } from "../../src/metrics/define.ts";
import { type PromQL, promql, type RecordDef, without } from "../../src/metrics/promql.ts";
import { type Board, board, choice } from "./board.ts";
import { graph, grid, heat, type Limits, note, number } from "./panels.ts";

const { probe, prober } = catalogue;
const { fiveMinutes, hour } = loss;

/** The series of the chosen paths. */
const chosen = (series: MetricDef | RecordDef): PromQL =>
  promql`${series}{instance=~"$instance", path=~"$path", scope=~"$scope"}`;
const here = (series: MetricDef): PromQL => promql`${series}{instance=~"$instance"}`;
const perSecond = (series: MetricDef): PromQL => promql`rate(${chosen(series)}[$__rate_interval])`;
const perMinute = (series: PromQL): PromQL => promql`60 * rate(${series}[$__rate_interval])`;
const rttBuckets = promql`${probe.rtt}_bucket{instance=~"$instance", path=~"$path", scope=~"$scope"}`;
const burstBuckets = promql`${probe.burstPackets}_bucket{instance=~"$instance", path=~"$path", scope=~"$scope"}`;
const quantile = (q: number): PromQL =>
  promql`histogram_quantile(${q}, sum by (le) (rate(${rttBuckets}[$__rate_interval])))`;

const thePath = "{{path}} {{protocol}}";

const noData = `**No data?**
Prometheus needs a job named \`virtloss\` and the rules file \`virtloss.rules.yaml\`.
- *Exporters answering* is 0: look at Prometheus' page /targets.
- *Paths judged* is 0: no path is configured, or none has had a reply or a timeout yet.
- *Paths in the rules* is less than *Paths judged*: the rules are not loaded, or for less than a minute.
- *Paths that cannot be probed* is not 0: the exporter's status page says why.`;

function overview(limits: Limits) {
  const ratio = chosen(fiveMinutes.ratio);
  const unseen = "Zero here means that none was found; nothing is hidden by it.";
  return [
    {
      height: 6,
      panels: [
        [6, note("About this board", "What must be set up for numbers to appear.", noData)] as const,
        number(
          {
            title: "Exporters answering",
            description: `Targets of the job that Prometheus scrapes. ${unseen}`,
            unit: "none",
          },
          [{ expr: promql`count(up{job="virtloss", instance=~"$instance"} == 1) or vector(0)`, legend: "exporters" }],
        ),
        number(
          {
            title: "Paths judged",
            description: `Paths with a verdict on at least one packet in 5 min. ${unseen}`,
            unit: "none",
          },
          [
            {
              expr: promql`count(sum ${without(probe.packets, "size")} (rate(${chosen(probe.packets)}[5m])) > 0) or vector(0)`,
              legend: "judged",
            },
            { expr: promql`count(${ratio}) or vector(0)`, legend: "in the rules" },
          ],
        ),
        number(
          {
            title: "Paths that cannot be probed",
            description: `Configured paths without a prober. ${unseen}`,
            unit: "none",
          },
          [{ expr: promql`count(${chosen(probe.pathFailed)} == 1) or vector(0)`, legend: "failed" }],
          [[1, "red"]],
        ),
        number(
          {
            title: "Paths now, by loss of the last 5 min",
            description: "Some packets lost, and all packets lost, are different faults: both are counted.",
            unit: "none",
          },
          [
            { expr: promql`count(${ratio} == 0) or vector(0)`, legend: "clean" },
            { expr: promql`count(${ratio} > 0 < 1) or vector(0)`, legend: "some lost" },
            { expr: promql`count(${ratio} == 1) or vector(0)`, legend: "all lost" },
          ],
        ),
        number(
          {
            title: "Worst path now",
            description: "The highest loss ratio of the chosen paths over the last 5 min.",
            unit: "percentunit",
          },
          [{ expr: promql`max(${ratio})`, legend: "loss" }],
          limits,
        ),
      ],
    },
    {
      height: 8,
      panels: [
        grid(
          {
            title: "Paths",
            description:
              "Loss with its 95 % bounds. The bounds are wide where few packets were sent or losses came in runs: 0 lost of 60 reads 0 to 6 %.",
          },
          [
            { from: "instance", title: "Measured by" },
            { from: "path", title: "Path" },
            { from: "scope", title: "Scope" },
            { from: "protocol", title: "Protocol" },
            { from: ratio, title: "Loss, 5 min", unit: "percentunit", limits },
            { from: chosen(fiveMinutes.lower), title: "At least", unit: "percentunit", limits },
            { from: chosen(fiveMinutes.upper), title: "At most", unit: "percentunit" },
            { from: chosen(fiveMinutes.judged), title: "Packets, 5 min", unit: "short" },
            { from: chosen(hour.ratio), title: "Loss, 1 h", unit: "percentunit", limits },
            { from: chosen(hour.lower), title: "At least, 1 h", unit: "percentunit", limits },
            { from: chosen(hour.upper), title: "At most, 1 h", unit: "percentunit" },
            { from: chosen(probe.currentLossRun), title: "Dark for", unit: "s" },
          ],
        ),
      ],
    },
  ];
}

function lossBands(limits: Limits) {
  return [
    {
      title: "Loss",
      height: 9,
      panels: [
        graph(
          {
            title: "Loss by path",
            description:
              "Share of packets lost in the last 5 min. Yellow is above the limit of the alerts (0.1 % unless configured), red is what every user notices (1 %).",
            unit: "percentunit",
          },
          [{ expr: chosen(fiveMinutes.ratio), legend: thePath }],
          limits,
        ).axisSoftMax(0.02),
        graph(
          {
            title: "Worst of the chosen paths, with 95 % bounds",
            description:
              "Choose one path to see its own. The band is where the true loss lies with 95 % confidence; an alert needs its lower edge above the limit.",
            unit: "percentunit",
          },
          [
            { expr: promql`max(${chosen(fiveMinutes.ratio)})`, legend: "loss" },
            { expr: promql`max(${chosen(fiveMinutes.lower)})`, legend: "at least" },
            { expr: promql`max(${chosen(fiveMinutes.upper)})`, legend: "at most" },
          ],
        )
          .axisSoftMax(0.02)
          .fillOpacity(0)
          .overrideByName("at most", [
            { id: "custom.fillBelowTo", value: "at least" },
            { id: "custom.fillOpacity", value: 20 },
            { id: "custom.lineWidth", value: 0 },
          ])
          .overrideByName("at least", [{ id: "custom.lineWidth", value: 0 }]),
      ],
    },
    {
      height: 8,
      panels: [
        graph(
          {
            title: "Loss by size",
            description:
              "Only large packets lost: MTU or segmentation. Only small ones: a limit on the packet rate. All alike: neither.",
            unit: "percentunit",
          },
          [
            {
              expr: promql`sum by (path, protocol, size) (${perSecond(probe.lost)}) / (sum by (path, protocol, size) (${perSecond(probe.packets)}) > 0)`,
              legend: `${thePath} {{size}} B`,
            },
          ],
        ),
        graph(
          {
            title: "Mean length of runs of loss",
            description:
              "Packets lost in a row: 1 is random loss, more is a queue, an outage or a machine that stood still.",
            unit: "short",
            noValue: "no loss",
          },
          [
            {
              expr: promql`sum ${without(probe.lost, "size")} (${perSecond(probe.lost)}) / (${perSecond(probe.bursts)} > 0) or ${perSecond(probe.bursts)} * 0`,
              legend: thePath,
            },
          ],
        ),
        graph(
          {
            title: "Longest ended run",
            description:
              "Packets, as the upper edge of the histogram's bucket; 0 where no run ended. More than 64 is shown as 64.",
            unit: "short",
          },
          [
            {
              expr: promql`histogram_quantile(1, sum without (size) (increase(${burstBuckets}[5m]))) > 0 or ${perSecond(probe.bursts)} * 0`,
              legend: thePath,
            },
          ],
        ),
        graph(
          {
            title: "Dark for",
            description: "Age of the run of loss that is open now; an open run counts before it ends.",
            unit: "s",
          },
          [{ expr: chosen(probe.currentLossRun), legend: thePath }],
        ),
      ],
    },
  ];
}

const timing = {
  title: "Round-trip time",
  height: 9,
  panels: [
    graph(
      {
        title: "RTT of the chosen paths",
        description:
          "Between the kernel's own stamps. A 99 % line over 5 ms on all paths at once is a vCPU that had to wait.",
        unit: "s",
      },
      [
        { expr: quantile(0.5), legend: "50 %" },
        { expr: quantile(0.9), legend: "90 %" },
        { expr: quantile(0.99), legend: "99 %" },
      ],
    ),
    heat(
      {
        title: "RTT of the chosen paths, all replies",
        description:
          "Replies by RTT; each band is twice as wide as the one below. Two bands at once are two routes, or a queue.",
        unit: "s",
      },
      promql`sum by (le) (increase(${rttBuckets}[$__rate_interval]))`,
    ),
  ],
};

const accounting = {
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
        { expr: promql`sum(${perSecond(probe.sent)})`, legend: "sent" },
        { expr: promql`sum(${perSecond(probe.received)})`, legend: "received" },
        { expr: promql`sum(${perSecond(probe.lost)})`, legend: "lost" },
        // A void series appears with its first event, so none is truly zero.
        { expr: promql`sum(${perSecond(probe.void)}) or sum(${perSecond(probe.sent)}) * 0`, legend: "void" },
      ],
    ),
    graph(
      { title: "In flight", description: "Packets without a verdict yet: rate times timeout at most.", unit: "short" },
      [{ expr: chosen(probe.inFlight), legend: thePath }],
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
          expr: promql`sum(${chosen(probe.sent)}) - sum(${chosen(probe.packets)}) - (sum(${chosen(probe.void)}) or vector(0)) - sum(${chosen(probe.inFlight)})`,
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
        { expr: promql`sum(${perMinute(chosen(probe.late))})`, legend: "late" },
        { expr: promql`sum(${perMinute(chosen(probe.duplicates))})`, legend: "duplicate" },
        { expr: promql`sum(${perMinute(chosen(probe.reordered))})`, legend: "reordered" },
        { expr: promql`sum(${perMinute(chosen(probe.stalledLost))})`, legend: "lost during a stall of this machine" },
      ],
    ),
  ],
};

function doubts(t: Thresholds) {
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
              expr: promql`sum by (reason) (${perSecond(probe.void)}) / on () group_left () (sum(${perSecond(probe.sent)}) > 0) or sum(${perSecond(probe.sent)}) * 0`,
              legend: "{{reason}}",
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
              expr: promql`sum by (family) (${perMinute(here(prober.socketDrops))})`,
              legend: "socket drops {{family}}",
            },
            {
              expr: promql`sum by (protocol) (${perMinute(here(prober.lateSends))})`,
              legend: "late sends {{protocol}}",
            },
            {
              expr: promql`sum(${perMinute(chosen(probe.sendErrors))}) or sum(${perSecond(probe.sent)}) * 0`,
              legend: "refused sends",
            },
            { expr: promql`sum(${perMinute(here(prober.restarts))})`, legend: "restarts" },
          ],
        ),
        graph(
          {
            title: "Stalls",
            description:
              "Wake-ups of the prober more than 5 ms late, a minute: this machine, or its vCPU, stood still.",
            unit: "short",
          },
          [
            {
              expr: promql`sum by (instance) (60 * rate(${prober.stalls}_count{instance=~"$instance"}[$__rate_interval]))`,
              legend: "{{instance}}",
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
              expr: promql`sum by (reason) (${perMinute(here(prober.rejected))}) or sum(${perSecond(probe.sent)}) * 0`,
              legend: "rejected {{reason}}",
            },
            {
              expr: promql`sum by (direction) (${perMinute(here(prober.missingStamps))}) or sum(${perSecond(probe.sent)}) * 0`,
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
            { from: chosen(probe.pathInfo), title: "" },
          ],
        ),
        [
          8,
          graph(
            {
              title: "Receive buffer",
              description: "What the kernel granted to the probe sockets; net.core.rmem_max limits it.",
              unit: "bytes",
            },
            [{ expr: here(prober.receiveBuffer), legend: "{{instance}} {{family}}" }],
          ),
        ] as const,
      ],
    },
  ];
}

const inInstance = '{instance=~"$instance"}';

export const pathBoard: Board = {
  name: "virtloss-path",
  build(t) {
    const limits: Limits = [
      [t.lossRatio, "yellow"],
      [t.lossRatioSevere, "red"],
    ];
    return board(
      {
        uid: "virtloss-path",
        title: "virtloss / Path",
        description: "Loss of each path with its bounds, by size and in bursts, and how far the prober trusts itself.",
      },
      [
        choice(probe.packets, "instance", "Measured by"),
        choice(probe.packets, "scope", "Scope", inInstance),
        choice(probe.packets, "path", "Path", '{instance=~"$instance", scope=~"$scope"}'),
      ],
      [...overview(limits), ...lossBands(limits), timing, accounting, ...doubts(t)],
    );
  },
};

import { loss } from "../../alerts/rules/loss.ts";
import { percent } from "../../alerts/rules/text.ts";
import { catalogue } from "../../src/catalogue.ts";
import { type PromQL, promql, without } from "../../src/metrics/promql.ts";
import { type Band, type Board, board, choice } from "./board.ts";
import { graph, grid, heat, type Limits, note, number } from "./panels.ts";
import { accounting, doubts } from "./path-prober.ts";
import { onTheWay } from "./path-way.ts";
import { ofPath } from "./series.ts";

const { probe } = catalogue;
const { fiveMinutes, hour } = loss;

const rttBuckets = promql`${probe.rtt}_bucket{instance=~"$instance", path=~"$path", scope=~"$scope"}`;
const burstBuckets = promql`${probe.burstPackets}_bucket{instance=~"$instance", path=~"$path", scope=~"$scope"}`;
const quantile = (q: number): PromQL =>
  promql`histogram_quantile(${q}, sum by (le) (rate(${rttBuckets}[$__rate_interval])))`;

const thePath = "{{path}} {{protocol}}";

const noData = `**No data?** Prometheus needs a job named virtloss and the rules file virtloss.rules.yaml.
- *Exporters answering* is 0: look at Prometheus' page /targets.
- *Paths judged* is 0: no path is configured, or none has had a reply or a timeout yet.
- *Paths in the rules* is less than *Paths judged*: the rules are not loaded, or for less than a minute.
- *Paths not probed* is not 0: the exporter's status page says why.`;

function overview(limits: Limits): Band[] {
  const ratio = ofPath(fiveMinutes.ratio);
  const unseen = "Zero here means that none was found; nothing is hidden by it.";
  return [
    {
      height: 5,
      panels: [note("About this board", "What must be set up for numbers to appear.", noData)],
    },
    {
      height: 4,
      panels: [
        number(
          {
            title: "Exporters answering",
            description: `Targets of the job that Prometheus scrapes. ${unseen}`,
            unit: "none",
          },
          [{ expr: promql`count(up{job="virtloss", instance=~"$instance"} == 1) or vector(0)`, legend: "exporters" }],
          [[1, "green"]],
          "red",
        ),
        number(
          {
            title: "Paths judged",
            description: `Paths with a verdict on at least one packet in 5 min. ${unseen}`,
            unit: "none",
          },
          [
            {
              expr: promql`count(sum ${without(probe.packets, "size")} (rate(${ofPath(probe.packets)}[5m])) > 0) or vector(0)`,
              legend: "judged",
            },
            { expr: promql`count(${ratio}) or vector(0)`, legend: "in the rules" },
          ],
          [[1, "green"]],
          "red",
        ),
        number(
          {
            title: "Paths not probed",
            description: `Configured paths without a prober. ${unseen}`,
            unit: "none",
          },
          [{ expr: promql`count(${ofPath(probe.pathFailed)} == 1) or vector(0)`, legend: "failed" }],
          [[1, "red"]],
        ),
        {
          width: 7,
          panel: number(
            {
              title: "Paths now",
              description:
                "By the loss of the last 5 min. Some packets lost, and all packets lost, are different faults: both are counted.",
              unit: "none",
            },
            [
              { expr: promql`count(${ratio} == 0) or vector(0)`, legend: "clean" },
              { expr: promql`count(${ratio} > 0 < 1) or vector(0)`, legend: "some lost" },
              { expr: promql`count(${ratio} == 1) or vector(0)`, legend: "all lost" },
            ],
          ),
        },
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
            { from: ofPath(fiveMinutes.lower), title: "At least", unit: "percentunit", limits },
            { from: ofPath(fiveMinutes.upper), title: "At most", unit: "percentunit" },
            { from: ofPath(fiveMinutes.judged), title: "Packets, 5 min", unit: "short" },
            { from: ofPath(hour.ratio), title: "Loss, 1 h", unit: "percentunit", limits },
            { from: ofPath(hour.lower), title: "At least, 1 h", unit: "percentunit", limits },
            { from: ofPath(hour.upper), title: "At most, 1 h", unit: "percentunit" },
            { from: ofPath(probe.currentLossRun), title: "Dark for", unit: "s" },
          ],
        ),
      ],
    },
  ];
}

function lossBands(limits: Limits): Band[] {
  return [
    {
      title: "Loss",
      height: 9,
      panels: [
        graph(
          {
            title: `Loss by path: yellow from ${percent(limits[0]?.[0] ?? 0)}, red from ${percent(limits[1]?.[0] ?? 0)}`,
            description:
              "Share of packets lost in the last 5 min. Yellow is above the limit of the alerts (0.1 % unless configured), red is what every user notices (1 %).",
            unit: "percentunit",
          },
          [{ expr: ofPath(fiveMinutes.ratio), legend: thePath }],
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
            { expr: promql`max(${ofPath(fiveMinutes.ratio)})`, legend: "loss" },
            { expr: promql`max(${ofPath(fiveMinutes.lower)})`, legend: "at least" },
            { expr: promql`max(${ofPath(fiveMinutes.upper)})`, legend: "at most" },
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
              "Over 5 min. Only large packets lost: MTU or segmentation. Only small ones: a limit on the packet rate. All alike: neither.",
            unit: "percentunit",
          },
          [
            {
              expr: promql`sum by (path, protocol, size) (rate(${ofPath(probe.lost)}[5m])) / (sum by (path, protocol, size) (rate(${ofPath(probe.packets)}[5m])) > 0)`,
              legend: `${thePath} {{size}} B`,
            },
          ],
        ),
        graph(
          {
            title: "Mean length of runs of loss",
            description:
              "Packets lost in a row, over 5 min: 1 is random loss, more is a queue, an outage or a machine that stood still.",
            unit: "short",
            noValue: "no loss",
          },
          [
            {
              expr: promql`sum ${without(probe.lost, "size")} (rate(${ofPath(probe.lost)}[5m])) / (rate(${ofPath(probe.bursts)}[5m]) > 0) or rate(${ofPath(probe.bursts)}[5m]) * 0`,
              legend: thePath,
            },
          ],
        ),
        graph(
          {
            title: "Longest ended run",
            description:
              "Of 5 min, in packets, as the upper edge of the histogram's bucket; 0 where no run ended. More than 64 is shown as 64.",
            unit: "short",
          },
          [
            {
              expr: promql`histogram_quantile(1, sum without (size) (increase(${burstBuckets}[5m]))) > 0 or rate(${ofPath(probe.bursts)}[5m]) * 0`,
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
          [{ expr: ofPath(probe.currentLossRun), legend: thePath }],
        ),
      ],
    },
  ];
}

const timing: Band = {
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
      [...overview(limits), ...lossBands(limits), onTheWay, timing, accounting, ...doubts(t)],
    );
  },
};

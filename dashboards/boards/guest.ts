import { softirqRecords } from "../../alerts/rules/guest.ts";
import type { Thresholds } from "../../src/analysis/thresholds.ts";
import { catalogue } from "../../src/catalogue.ts";
import type { MetricDef } from "../../src/metrics/define.ts";
import { type PromQL, promql, type RecordDef } from "../../src/metrics/promql.ts";
import { type Band, type Board, board, choice } from "./board.ts";
import { graph, grid, note, number } from "./panels.ts";

const { cpu, softirq, softnet, nic, transport, guest, self } = catalogue;

const here = (series: MetricDef | RecordDef): PromQL => promql`${series}{instance=~"$instance"}`;
const perSecond = (series: MetricDef): PromQL => promql`rate(${here(series)}[$__rate_interval])`;
const netRx = promql`rate(${softirq.total}{instance=~"$instance", vector="NET_RX"}[$__rate_interval])`;

const cpuLegend = "{{instance}} CPU {{cpu}}";

const noData = `**No data?**
- *Collectors* below says for each source: ok, absent on this machine, or failed.
- An absent source has no series: its panels are empty, not zero.
- Steal is always 0 on bare metal, and on hypervisors that do not report it.`;

function overview(t: Thresholds): Band[] {
  return [
    {
      height: 6,
      panels: [
        [6, note("About this board", "What an empty panel means.", noData)],
        number(
          {
            title: "Highest steal of a CPU",
            description: "Share of the last 5 min in which a vCPU had work and the hypervisor ran something else.",
            unit: "percentunit",
            noValue: "absent",
          },
          [{ expr: promql`max(rate(${here(cpu.steal)}[5m]))`, legend: "steal" }],
          [[t.stealRatio, "red"]],
        ),
        number(
          {
            title: "Busiest CPU's share of NET_RX",
            description: "Near 1 on a machine with several CPUs: one of them does all network receive work.",
            unit: "percentunit",
            noValue: "absent",
          },
          [{ expr: promql`max(${here(softirqRecords.busiest)})`, legend: "share" }],
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
              expr: promql`count(${nic.info}{instance=~"$instance", kind="emulated"}) or count(${here(nic.info)}) * 0`,
              legend: "emulated",
            },
          ],
          [[1, "red"]],
        ),
        number(
          {
            title: "TCP segments sent again",
            description: "Share over the last 5 min: the loss that the services of this machine see.",
            unit: "percentunit",
            noValue: "absent",
          },
          [
            {
              expr: promql`max(rate(${here(transport.retransmitted)}[5m]) / (rate(${here(transport.segments)}[5m]) > 0))`,
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
          [{ expr: perSecond(cpu.steal), legend: cpuLegend }],
          [[t.stealRatio, "red"]],
        ).axisSoftMax(2 * t.stealRatio),
        graph(
          {
            title: "Time in softirqs by CPU",
            description: "Near 100 % the CPU cannot take more packets, whatever the others do.",
            unit: "percentunit",
          },
          [{ expr: perSecond(cpu.softirq), legend: cpuLegend }],
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
          [{ expr: here(softirqRecords.imbalance), legend: "{{instance}}" }],
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
          [{ expr: promql`sum by (vector) (${perSecond(softirq.total)})`, legend: "{{vector}}" }],
        ),
        graph(
          {
            title: "Frames processed by CPU",
            description: "Taken from drivers and backlog; a wake-up by another CPU is receive packet steering.",
            unit: "pps",
          },
          [
            { expr: perSecond(softnet.processed), legend: cpuLegend },
            {
              expr: promql`sum by (instance) (${perSecond(softnet.receivedRps)})`,
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
            { expr: perSecond(softnet.dropped), legend: `dropped, ${cpuLegend}` },
            { expr: perSecond(softnet.flowLimit), legend: `flow limit, ${cpuLegend}` },
            { expr: perSecond(softnet.squeezed), legend: `squeezed, ${cpuLegend}` },
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
            { expr: promql`sum by (instance) (${here(softnet.backlog)})`, legend: "{{instance}} all" },
            { expr: promql`sum by (instance) (${here(softnet.inputQueue)})`, legend: "{{instance}} to fetch" },
            { expr: promql`sum by (instance) (${here(softnet.processQueue)})`, legend: "{{instance}} in processing" },
          ],
        ),
      ],
    },
  ];
}

const device = [
  { from: "instance", title: "Machine" },
  { from: "device", title: "Device" },
];

const interfaces: Band[] = [
  {
    title: "Network interfaces: driver, queues, rings, offloads",
    height: 7,
    panels: [
      [
        13,
        grid(
          {
            title: "Interfaces",
            description:
              "Kind emulated: replace it by virtio or VMXNET3. CPUs that serve interrupts: 1 on a large machine is a bottleneck.",
          },
          [
            ...device,
            { from: "driver", title: "Driver" },
            { from: "kind", title: "Kind" },
            { from: "mac", title: "MAC" },
            { from: here(nic.info), title: "" },
            { from: here(nic.mtu), title: "MTU", unit: "bytes" },
            { from: here(nic.interruptCpus), title: "Interrupt CPUs", unit: "none" },
            { from: here(nic.rpsCpus), title: "RPS CPUs", unit: "none" },
            { from: here(nic.xpsCpus), title: "XPS CPUs", unit: "none" },
          ],
        ),
      ],
      grid(
        {
          title: "Queues and rings",
          description:
            "In use against what driver and device allow; a dash is not said by the driver. `ethtool -L` and `-G` change them.",
        },
        [
          ...device,
          { from: "direction", title: "Direction" },
          { from: here(nic.queues), title: "Queues", unit: "none" },
          { from: here(nic.queuesMax), title: "Most queues", unit: "none" },
          { from: here(nic.ringEntries), title: "Ring", unit: "none" },
          { from: here(nic.ringEntriesMax), title: "Largest ring", unit: "none" },
        ],
      ),
    ],
  },
  {
    height: 8,
    panels: [
      grid(
        {
          title: "Offloads",
          description:
            "With TSO or GSO off the kernel cuts large segments itself: more CPU time, more loss. `ethtool -K` changes them.",
        },
        [
          ...device,
          { from: "offload", title: "Offload" },
          { from: here(nic.offloadEnabled), title: "On", unit: "bool_on_off" },
        ],
      ),
      graph(
        { title: "Interrupts by CPU", description: "Interrupts a second of each interface on each CPU.", unit: "cps" },
        [{ expr: promql`${perSecond(nic.interrupts)} > 0`, legend: "{{device}} CPU {{cpu}}" }],
      ),
      [
        10,
        graph(
          {
            title: "Drops by cause",
            description:
              "Frames dropped by driver, device or cloud. Some are frames that nobody wanted: they explain a loss, and alone prove none.",
            unit: "pps",
          },
          [
            {
              expr: promql`sum by (device, direction, cause) (${perSecond(nic.drops)})`,
              legend: "{{device}} {{direction}} {{cause}}",
            },
          ],
        ),
      ],
    ],
  },
];

const services: Band = {
  title: "What the services of this machine lose",
  height: 8,
  panels: [
    graph(
      {
        title: "TCP retransmissions",
        description: "Share of segments sent again. High beside clean paths: the services lose what the probes do not.",
        unit: "percentunit",
      },
      [
        {
          expr: promql`${perSecond(transport.retransmitted)} / (${perSecond(transport.segments)} > 0)`,
          legend: "{{instance}}",
        },
      ],
    ).axisSoftMax(0.01),
    graph(
      {
        title: "TCP timeouts",
        description:
          "Timers that expired, and retransmissions that were lost as well: each is a pause that a user feels.",
        unit: "cps",
      },
      [
        { expr: perSecond(transport.timeouts), legend: "{{instance}} timeouts" },
        { expr: perSecond(transport.lostRetransmits), legend: "{{instance}} lost retransmissions" },
      ],
    ),
    graph(
      {
        title: "UDP drops",
        description:
          "Datagrams dropped at sockets of this machine, by cause: the program reads too slowly, or its buffer is small.",
        unit: "pps",
      },
      [{ expr: perSecond(transport.udpDrops), legend: "{{instance}} {{cause}}" }],
    ),
  ],
};

const exporter: Band[] = [
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
          { from: promql`${here(self.collectorState)} == 1`, title: "" },
        ],
      ),
      graph(
        {
          title: "Time of collectors",
          description: "Of each collector's last run; a scrape waits for the slowest.",
          unit: "s",
        },
        [{ expr: here(self.collectorDuration), legend: "{{instance}} {{collector}}" }],
      ),
      graph(
        {
          title: "Age of the last answer",
          description: "Since each source last answered; it grows while a source is silent.",
          unit: "s",
        },
        [{ expr: promql`time() - ${here(self.sourceLastSuccess)}`, legend: "{{instance}} {{collector}}" }],
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
          { from: here(guest.info), title: "" },
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
          { from: here(self.buildInfo), title: "" },
          { from: here(self.reloadSuccessful), title: "Last load succeeded", unit: "bool_yes_no" },
          { from: promql`1000 * ${here(self.reloadTimestamp)}`, title: "Running since", unit: "dateTimeFromNow" },
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
          { from: here(self.threshold), title: "Value", unit: "none" },
        ],
      ),
    ],
  },
];

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

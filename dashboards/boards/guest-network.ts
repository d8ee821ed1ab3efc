import { catalogue } from "../../src/catalogue.ts";
import { promql } from "../../src/metrics/promql.ts";
import type { Band } from "./board.ts";
import { graph, grid } from "./panels.ts";
import { ofInstance, perSecond } from "./series.ts";

const { nic, transport } = catalogue;

const device = [
  { from: "instance", title: "Machine" },
  { from: "device", title: "Device" },
];

export const interfaces: Band[] = [
  {
    title: "Network interfaces: driver, queues, rings, offloads",
    height: 7,
    panels: [
      {
        width: 13,
        panel: grid(
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
            { from: ofInstance(nic.info), title: "" },
            { from: ofInstance(nic.mtu), title: "MTU, bytes", unit: "none" },
            { from: ofInstance(nic.interruptCpus), title: "IRQ CPUs", unit: "none" },
            { from: ofInstance(nic.rpsCpus), title: "RPS CPUs", unit: "none" },
            { from: ofInstance(nic.xpsCpus), title: "XPS CPUs", unit: "none" },
          ],
        ),
      },
      grid(
        {
          title: "Queues and rings",
          description:
            "In use against what driver and device allow; a dash is not said by the driver. `ethtool -L` and `-G` change them.",
        },
        [
          ...device,
          { from: "direction", title: "Direction" },
          { from: ofInstance(nic.queues), title: "Queues", unit: "none" },
          { from: ofInstance(nic.queuesMax), title: "Max queues", unit: "none" },
          { from: ofInstance(nic.ringEntries), title: "Ring", unit: "none" },
          { from: ofInstance(nic.ringEntriesMax), title: "Max ring", unit: "none" },
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
          { from: ofInstance(nic.offloadEnabled), title: "On", unit: "bool_on_off" },
        ],
      ),
      graph(
        { title: "Interrupts by CPU", description: "Interrupts a second of each interface on each CPU.", unit: "cps" },
        [{ expr: perSecond(ofInstance(nic.interrupts)), legend: "{{device}} CPU {{cpu}}" }],
      ),
      {
        width: 10,
        panel: graph(
          {
            title: "Drops a second by cause",
            description:
              "Frames dropped by driver, device or cloud. Some are frames that nobody wanted: they explain a loss, and alone prove none.",
            unit: "short",
          },
          [
            {
              expr: promql`sum by (device, direction, cause) (${perSecond(ofInstance(nic.drops))})`,
              legend: "{{device}} {{direction}} {{cause}}",
            },
          ],
        ),
      },
    ],
  },
];

export const services: Band = {
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
          expr: promql`${perSecond(ofInstance(transport.retransmitted))} / (${perSecond(ofInstance(transport.segments))} > 0)`,
          legend: "{{instance}}",
        },
      ],
    ).axisSoftMax(0.01),
    graph(
      {
        title: "TCP timeouts a second",
        description:
          "Timers that expired, and retransmissions that were lost as well: each is a pause that a user feels.",
        unit: "short",
      },
      [
        { expr: perSecond(ofInstance(transport.timeouts)), legend: "{{instance}} timeouts" },
        { expr: perSecond(ofInstance(transport.lostRetransmits)), legend: "{{instance}} lost retransmissions" },
      ],
    ),
    graph(
      {
        title: "UDP drops a second",
        description:
          "Datagrams dropped at sockets of this machine, by cause: the program reads too slowly, or its buffer is small.",
        unit: "short",
      },
      [{ expr: perSecond(ofInstance(transport.udpDrops)), legend: "{{instance}} {{cause}}" }],
    ),
  ],
};

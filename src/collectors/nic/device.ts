import { type Host, SourceAbsentError } from "../../kernel/host.ts";
import type { QueueStatistics } from "../../kernel/netlink/queue-statistics.ts";
import { type Sample, sample } from "../../metrics/define.ts";
import { hasDriverDrops, normaliseDrops } from "./drops.ts";
import { askChannels, askDriver, askOffloads, askRings, askStatistics } from "./ethtool.ts";
import { countByCpu, countInterruptCpus, interruptsOf } from "./interrupts.ts";
import { nicKind } from "./kind.ts";
import { nicMetrics as m } from "./metrics.ts";
import type { InterruptRow } from "./parse.ts";
import { busiestQueues, hasQueueCounters, queuePackets } from "./queues.ts";
import type { Capacity } from "./structs.ts";
import {
  readBus,
  readIdentity,
  readIndex,
  readIrqs,
  readMac,
  readMtu,
  readNumaNode,
  readStatistics,
  readSteering,
  type Steering,
} from "./sysfs.ts";

/** What was read once for all interfaces. */
export interface MachineWide {
  readonly interrupts: readonly InterruptRow[];
  /** By the index of the interface. */
  readonly queues: ReadonlyMap<number, readonly QueueStatistics[]>;
}

type GaugeOfDevice = typeof m.mtu | typeof m.numaNode | typeof m.interruptCpus | typeof m.rpsCpus | typeof m.xpsCpus;

function gauge(metric: GaugeOfDevice, device: string, value: number | undefined): Sample[] {
  return value === undefined ? [] : [sample(metric, { device }, value)];
}

async function queueSamples(host: Host, device: string, steering: Steering): Promise<Sample[]> {
  const channels = await askChannels(host, device);
  const capacities: [string, Capacity][] = channels ? Object.entries(channels) : [];
  const present = capacities.filter(([, capacity]) => capacity.max > 0);
  if (present.length > 0) {
    return present.flatMap(([direction, { now, max }]) => [
      sample(m.queues, { device, direction }, now),
      sample(m.queuesMax, { device, direction }, max),
    ]);
  }
  return [
    sample(m.queues, { device, direction: "receive" }, steering.receiveQueues),
    sample(m.queues, { device, direction: "transmit" }, steering.transmitQueues),
  ];
}

async function ringSamples(host: Host, device: string): Promise<Sample[]> {
  const rings = await askRings(host, device);
  const capacities: [string, Capacity][] = rings ? Object.entries(rings) : [];
  return capacities
    .filter(([, capacity]) => capacity.max > 0)
    .flatMap(([direction, { now, max }]) => [
      sample(m.ringEntries, { device, direction }, now),
      sample(m.ringEntriesMax, { device, direction }, max),
    ]);
}

function packetSamples(device: string, statistics: ReadonlyMap<string, number>): Sample[] {
  return (
    [
      ["receive", "rx_packets"],
      ["transmit", "tx_packets"],
    ] as const
  ).flatMap(([direction, file]) => {
    const packets = statistics.get(file);
    return packets === undefined ? [] : [sample(m.packets, { device, direction }, packets)];
  });
}

/** What the kernel tells of each queue goes before what the driver prints: the same everywhere, and cheaper. */
async function trafficSamples(host: Host, device: string, driver: string, machine: MachineWide): Promise<Sample[]> {
  const statistics = await readStatistics(host, device);
  const index = machine.queues.size > 0 ? await readIndex(host, device) : undefined;
  const told = machine.queues.get(index ?? -1);
  const asked = hasDriverDrops(driver) || (!told && hasQueueCounters(driver));
  const counters = asked ? await askStatistics(host, device) : [];
  const queues = told?.map((one) => ({ ...one, queue: String(one.queue) })) ?? queuePackets(driver, counters);
  return [
    ...packetSamples(device, statistics),
    ...busiestQueues(queues).map(({ direction, queue, packets }) =>
      sample(m.queuePackets, { device, direction, queue }, packets),
    ),
    ...normaliseDrops(driver, statistics, counters).map(({ direction, cause, frames }) =>
      sample(m.drops, { device, direction, cause }, frames),
    ),
  ];
}

async function interruptSamples(host: Host, device: string, rows: readonly InterruptRow[]): Promise<Sample[]> {
  const counts = [...countByCpu(rows)].map(([cpu, count]) => sample(m.interrupts, { device, cpu }, count));
  return [...counts, ...gauge(m.interruptCpus, device, await countInterruptCpus(host, rows))];
}

/**
 * Everything about one interface.
 * @throws SourceAbsentError where it has gone
 */
export async function collectDevice(host: Host, device: string, machine: MachineWide): Promise<Sample[]> {
  const [bus, ethtoolDriver, mac, mtu, steering] = await Promise.all([
    readBus(host, device),
    askDriver(host, device),
    readMac(host, device),
    readMtu(host, device),
    readSteering(host, device),
  ]);
  if (mtu === undefined) throw new SourceAbsentError(`${device} has gone`);
  const identity = await readIdentity(host, device, bus, ethtoolDriver);
  const kind = nicKind(identity, host.machine());
  const rows = bus === "" ? [] : interruptsOf(device, await readIrqs(host, device, bus), machine.interrupts);
  const parts = await Promise.all([
    queueSamples(host, device, steering),
    ringSamples(host, device),
    askOffloads(host, device),
    interruptSamples(host, device, rows),
    trafficSamples(host, device, identity.driver, machine),
    bus === "" ? undefined : readNumaNode(host, device, bus),
  ]);
  const [queues, rings, offloads, interruptCounts, traffic, numaNode] = parts;
  return [
    sample(m.info, { device, driver: identity.driver, mac, kind }, 1),
    ...gauge(m.mtu, device, mtu),
    ...queues,
    ...rings,
    ...offloads.map(({ offload, enabled }) => sample(m.offloadEnabled, { device, offload }, enabled ? 1 : 0)),
    ...interruptCounts,
    ...gauge(m.rpsCpus, device, steering.rpsCpus),
    ...gauge(m.xpsCpus, device, steering.xpsCpus),
    ...gauge(m.numaNode, device, numaNode),
    ...traffic,
  ];
}

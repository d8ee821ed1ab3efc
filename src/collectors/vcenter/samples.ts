import { setImmediate as turn } from "node:timers/promises";
import { type AnySample, type Sample, sample } from "../../metrics/define.ts";
import { limitMetrics, vmMetrics } from "../../vm/metrics.ts";
import { limitSamples, vmSamples } from "../../vm/samples.ts";
import type { CounterName } from "./counters.ts";
import type { VmEvents } from "./events.ts";
import type { Inventory } from "./inventory.ts";
import { isRunning, limitsOf, vmOf } from "./machines.ts";
import { vcenterMetrics as m } from "./metrics.ts";
import { createFindNetwork, portgroupsOf } from "./networks.ts";
import type { HostObject, PortgroupPolicy, SwitchObject, VmObject } from "./objects.ts";
import type { Totals } from "./performance.ts";

/** Machines whose samples are made in one turn of the event loop: some milliseconds' work. */
const MACHINES_IN_TURN = 100;

/** All that is known of a server, as of one reading. */
export interface VcenterFacts {
  readonly server: string;
  readonly product: string;
  readonly version: string;
  readonly build: string;
  readonly inventory: Inventory;
  /** Ids of the hosts that are read. */
  readonly chosen: ReadonlySet<string> | undefined;
  readonly missingPrivileges: ReadonlySet<string>;
  readonly events: Pick<VmEvents, "of">;
  readonly performance: {
    totals(id: string): Totals | undefined;
    readonly counted: number;
    readonly missing: number;
    readonly failedQueries: number;
    newestSeconds(): number | undefined;
  };
}

/** Machines that run, with names that are unique together with their UUID: copies of a machine often keep both. */
function namedMachines({ inventory }: VcenterFacts): { id: string; name: string; object: VmObject }[] {
  const taken = new Set<string>();
  return [...inventory.VirtualMachine]
    .filter(([, object]) => isRunning(object))
    .map(([id, object]) => {
      const plain = object.name ?? id;
      const name = taken.has(`${plain} ${object.uuid}`) ? `${plain} (${id})` : plain;
      taken.add(`${plain} ${object.uuid}`);
      return { id, name, object };
    });
}

async function machineSamples(facts: VcenterFacts): Promise<AnySample[]> {
  const { inventory, performance, events } = facts;
  const findNetwork = createFindNetwork(inventory);
  const samples: AnySample[] = [];
  const machines = namedMachines(facts);
  for (const [i, { id, name, object }] of machines.entries()) {
    if (i % MACHINES_IN_TURN === MACHINES_IN_TURN - 1) await turn();
    const host = inventory.HostSystem.get(object.host ?? "")?.name ?? "";
    const vm = vmOf(object, name, host, findNetwork, performance.totals(id));
    const labels = { vm: vm.name, vm_uuid: vm.uuid };
    samples.push(...vmSamples(vm, "portgroup"));
    for (const { event, count, recent } of events.of(id)) {
      samples.push(sample(vmMetrics.events, { ...labels, event }, count));
      samples.push(sample(vmMetrics.recentEvent, { ...labels, event }, Number(recent)));
    }
  }
  return [...samples, sample(m.machines, { server: facts.server }, machines.length)];
}

function stateOf({ connectionState, maintenance }: HostObject): string {
  return connectionState === "connected" && maintenance ? "maintenance" : (connectionState ?? "unknown");
}

/** Packets of physical NICs; for a host, what it receives is received. */
const uplinkCounters = [
  [m.uplinkPackets, "net.packetsRx.summation", "receive"],
  [m.uplinkPackets, "net.packetsTx.summation", "transmit"],
  [m.uplinkDrops, "net.droppedRx.summation", "receive"],
  [m.uplinkDrops, "net.droppedTx.summation", "transmit"],
  [m.uplinkErrors, "net.errorsRx.summation", "receive"],
  [m.uplinkErrors, "net.errorsTx.summation", "transmit"],
] as const satisfies readonly (readonly [unknown, CounterName, string])[];

function uplinkSamples(
  host: string,
  { pnics = [], switches = [], proxySwitches = [] }: HostObject,
  totals: Totals | undefined,
): Sample[] {
  return pnics.flatMap(({ key, device, driver, mac, bytesPerSecond }) => {
    const of = [...switches, ...proxySwitches].filter(({ pnics }) => pnics.includes(key)).map(({ name }) => name);
    return [
      sample(m.uplink, { host, device, driver, mac, switch: of.join(",") }, 1),
      sample(m.uplinkSpeed, { host, device }, bytesPerSecond),
      ...uplinkCounters.flatMap(([metric, counter, direction]) => {
        const value = totals?.get(counter, device);
        return value === undefined ? [] : [sample(metric, { host, device, direction }, value)];
      }),
    ];
  });
}

function hostSamples({ server, inventory, chosen, performance }: VcenterFacts): Sample[] {
  return [...inventory.HostSystem].flatMap(([id, object]) => {
    if (chosen?.has(id) === false) return [];
    const { name: host = id, cluster = "", cpuThreads, coreHertz } = object;
    const clusterName = inventory.ComputeResource.get(cluster)?.name ?? "";
    return [
      sample(m.host, { server, host, cluster: clusterName, state: stateOf(object) }, 1),
      ...(cpuThreads === undefined ? [] : [sample(vmMetrics.hostCpus, { host }, cpuThreads)]),
      ...(coreHertz === undefined ? [] : [sample(m.hostClock, { host }, coreHertz)]),
      ...uplinkSamples(host, object, performance.totals(id)),
    ];
  });
}

function portgroupSamples(policy: PortgroupPolicy): Sample[] {
  const place = { source: "portgroup" as const, network: policy.name, switch: policy.switch };
  const { name: network, switch: name, security } = policy;
  return [
    ...limitsOf(policy).flatMap((limit) => limitSamples(place, limit)),
    ...Object.entries(security).map(([setting, allowed]) =>
      sample(m.securityPolicy, { network, switch: name, policy: setting }, Number(allowed)),
    ),
  ];
}

/** Network I/O control holds what hosts send, by kind of traffic. */
function controlSamples({ name = "", controlled, trafficLimits = [] }: SwitchObject): Sample[] {
  if (controlled !== true) return [];
  return trafficLimits.map(({ traffic, bytesPerSecond }) =>
    sample(
      limitMetrics.bytes,
      {
        source: "nioc",
        network: "",
        switch: name,
        direction: "from_guest",
        vm: "",
        vm_uuid: "",
        mac: "",
        device: "",
        traffic,
      },
      bytesPerSecond,
    ),
  );
}

/** Two port groups of one name on one switch cannot be told apart, such as in two data centres: the first is shown. */
function uniquePortgroups(inventory: Inventory): PortgroupPolicy[] {
  const byName = new Map<string, PortgroupPolicy>();
  for (const policy of portgroupsOf(inventory)) {
    const key = `${policy.switch} ${policy.name}`;
    if (!byName.has(key)) byName.set(key, policy);
  }
  return [...byName.values()];
}

/** Everything about a server as series. Makes room for others meanwhile. */
export async function vcenterSamples(facts: VcenterFacts): Promise<AnySample[]> {
  const { server, product, version, build, inventory, performance } = facts;
  const newest = performance.newestSeconds();
  const machines = await machineSamples(facts);
  await turn();
  return [
    sample(m.info, { server, product, version, build }, 1),
    ...machines,
    ...hostSamples(facts),
    ...uniquePortgroups(inventory).flatMap(portgroupSamples),
    ...[...inventory.DistributedVirtualSwitch.values()].flatMap(controlSamples),
    sample(m.samples, { server, result: "counted" }, performance.counted),
    sample(m.samples, { server, result: "missing" }, performance.missing),
    sample(m.failedQueries, { server }, performance.failedQueries),
    ...(newest === undefined ? [] : [sample(m.newestSample, { server }, newest)]),
    ...[...facts.missingPrivileges].map((privilege) => sample(m.missingPrivilege, { server, privilege }, 1)),
  ];
}

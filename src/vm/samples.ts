import { type MetricDef, type Sample, sample } from "../metrics/define.ts";
import { limitMetrics as l, vmMetrics as m } from "./metrics.ts";
import type { LimitSource, NicLimit, Vm, VmNic } from "./vm.ts";

/** The series of a value that may be unknown. */
function known<L extends string>(
  metric: MetricDef<string, L>,
  labels: Readonly<Record<L, string>>,
  value: number | undefined,
): Sample[] {
  return value === undefined ? [] : [sample(metric, labels, value)];
}

function nodes<L extends string>(
  metric: MetricDef<string, L | "node">,
  labels: Readonly<Record<Exclude<L, "node">, string>>,
  byNode: ReadonlyMap<number, number>,
): Sample[] {
  return [...byNode].map(([node, value]) => ({ metric, labels: { ...labels, node: String(node) }, value }));
}

function countNodes({ vcpuTimes }: Vm): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { node } of vcpuTimes) if (node !== undefined) counts.set(node, (counts.get(node) ?? 0) + 1);
  return counts;
}

/** Where a limit was read and what it holds back; what does not apply is left out. */
export interface LimitPlace {
  readonly source: LimitSource;
  readonly network?: string;
  readonly switch?: string;
  readonly vm?: string;
  readonly vmUuid?: string;
  readonly mac?: string;
  readonly device?: string;
}

/** A limit as series, the same for every place that one can be configured at. */
export function limitSamples(place: LimitPlace, limit: NicLimit): Sample[] {
  const labels = {
    source: limit.source ?? place.source,
    network: place.network ?? "",
    switch: place.switch ?? "",
    direction: limit.direction,
    vm: place.vm ?? "",
    vm_uuid: place.vmUuid ?? "",
    mac: place.mac ?? "",
    device: place.device ?? "",
    traffic: limit.traffic ?? "",
  };
  return [
    ...known(l.bytes, labels, limit.bytesPerSecond),
    ...known(l.burst, labels, limit.burstBytes),
    ...known(l.peak, labels, limit.peakBytesPerSecond),
    ...known(l.packets, labels, limit.packetsPerSecond),
  ];
}

function nicSamples({ name, uuid }: Vm, nic: VmNic, limitSource: LimitSource): Sample[] {
  const labels = { vm: name, vm_uuid: uuid, mac: nic.mac };
  const { model, kind, network, backend, device, toGuest, fromGuest } = nic;
  const toGuestLabels = { ...labels, direction: "to_guest" };
  const fromGuestLabels = { ...labels, direction: "from_guest" };
  const place = { source: limitSource, network, vm: name, vmUuid: uuid, mac: nic.mac, device };
  return [
    sample(m.nicInfo, { ...labels, model, kind, network, backend }, 1),
    ...(device === "" ? [] : [sample(m.nicTap, { ...labels, device }, 1)]),
    ...known(m.nicQueues, labels, nic.queues),
    ...known(m.nicPackets, toGuestLabels, toGuest?.packets),
    ...known(m.nicPackets, fromGuestLabels, fromGuest?.packets),
    ...known(m.nicDrops, toGuestLabels, toGuest?.drops),
    ...known(m.nicDrops, fromGuestLabels, fromGuest?.drops),
    ...nic.limits.flatMap((limit) => limitSamples(place, limit)),
  ];
}

/** Everything that is known of one machine. @param limitSource who told of the limits of its NICs */
export function vmSamples(vm: Vm, limitSource: LimitSource): Sample[] {
  const { name, uuid, hypervisor, uuidAlt, host, memory } = vm;
  const labels = { vm: name, vm_uuid: uuid };
  return [
    sample(m.info, { ...labels, hypervisor, vm_uuid_alt: uuidAlt, host }, 1),
    ...known(m.paused, labels, vm.paused === undefined ? undefined : Number(vm.paused)),
    ...known(m.vcpus, labels, vm.vcpus),
    ...known(m.pinnedVcpus, labels, vm.pinnedVcpus),
    ...known(m.vcpuQuota, labels, vm.vcpuQuotaRatio),
    ...known(m.cpuReservation, labels, vm.cpuReservationHertz),
    ...known(m.cpuLimit, labels, vm.cpuLimitHertz),
    ...vm.vcpuTimes.flatMap((times) => {
      const ofVcpu = { ...labels, vcpu: String(times.vcpu), hypervisor };
      return [
        ...known(m.ready, ofVcpu, times.readySeconds),
        ...known(m.wait, ofVcpu, times.waitSeconds),
        ...known(m.run, ofVcpu, times.runSeconds),
        ...known(m.costop, ofVcpu, times.costopSeconds),
        ...known(m.limited, ofVcpu, times.limitedSeconds),
      ];
    }),
    ...nodes(m.vcpuNode, labels, countNodes(vm)),
    ...vm.ioThreads.map(({ thread, readySeconds }) => sample(m.ioReady, { ...labels, thread }, readySeconds)),
    ...vm.nics.flatMap((nic) => nicSamples(vm, nic, limitSource)),
    ...known(m.memoryMax, labels, memory.max),
    ...known(m.memoryBallooned, labels, memory.ballooned),
    ...known(m.memoryBalloonTarget, labels, memory.balloonTarget),
    ...known(m.memoryUnused, labels, memory.unused),
    ...known(m.memoryHostSwapped, labels, memory.hostSwapped),
    ...known(m.hostSwapIn, labels, memory.hostSwapIn),
    ...known(m.hostSwapOut, labels, memory.hostSwapOut),
    ...nodes(m.memoryNode, labels, memory.byNode ?? new Map()),
    ...known(m.guestSwapIn, labels, memory.guestSwapIn),
    ...known(m.guestSwapOut, labels, memory.guestSwapOut),
    ...(vm.latencySensitivity === undefined
      ? []
      : [sample(m.latencySensitivity, { ...labels, level: vm.latencySensitivity }, 1)]),
  ];
}

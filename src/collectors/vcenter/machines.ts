import { vmNicKind } from "../../vm/nic-kind.ts";
import type { LimitSource, NicLimit, Vm, VmNic, VmNicCounters } from "../../vm/vm.ts";
import type { CounterName } from "./counters.ts";
import type { NicDevice, NicNetwork, PortgroupPolicy, Shaping, VmObject } from "./objects.ts";
import type { Totals } from "./performance.ts";
import { guestUuids } from "./uuid.ts";

const KIB = 1024;

/** What a network is called, and what it lets through. */
export interface Network {
  readonly name: string;
  readonly switch: string;
  readonly limits: readonly NicLimit[];
}

export type FindNetwork = (network: NicNetwork, host: string | undefined) => Network;

function shapingLimit(direction: NicLimit["direction"], shaping: Shaping | undefined): NicLimit[] {
  if (!shaping) return [];
  const { averageBytesPerSecond: bytesPerSecond, peakBytesPerSecond, burstBytes } = shaping;
  return [{ direction, bytesPerSecond, peakBytesPerSecond, burstBytes }];
}

export function limitsOf({ fromGuest, toGuest }: Pick<PortgroupPolicy, "fromGuest" | "toGuest">): NicLimit[] {
  return [...shapingLimit("from_guest", fromGuest), ...shapingLimit("to_guest", toGuest)];
}

function nicLimits({ limitBytesPerSecond }: NicDevice, network: Network): NicLimit[] {
  const nioc: LimitSource = "nioc";
  return [
    ...network.limits,
    ...(limitBytesPerSecond === undefined
      ? []
      : [{ direction: "from_guest" as const, bytesPerSecond: limitBytesPerSecond, source: nioc }]),
  ];
}

/** Only whole: drops without packets, or the other way round, would be half a truth. */
function nicCounters(totals: Totals | undefined, key: string, way: "Rx" | "Tx"): VmNicCounters | undefined {
  const packets = totals?.get(`net.packets${way}.summation`, key);
  const drops = totals?.get(`net.dropped${way}.summation`, key);
  return packets === undefined || drops === undefined ? undefined : { packets, drops };
}

function nicOf(device: NicDevice, network: Network, totals: Totals | undefined): VmNic {
  return {
    mac: device.mac,
    model: device.model,
    kind: vmNicKind(device.model),
    network: network.name,
    backend: "unknown",
    device: "",
    toGuest: nicCounters(totals, device.key, "Rx"),
    fromGuest: nicCounters(totals, device.key, "Tx"),
    limits: nicLimits(device, network),
  };
}

/** Only machines that run and that their host tells of. */
export function isRunning({ template, powerState, connectionState }: VmObject): boolean {
  return template !== true && powerState === "poweredOn" && (connectionState ?? "connected") === "connected";
}

/** The MAC names a NIC within its machine: of two that share one, the first is shown. */
function withMacsOfTheirOwn(nics: readonly NicDevice[]): readonly NicDevice[] {
  const macs = nics.map(({ mac }) => mac);
  return nics.filter(({ mac }, i) => macs.indexOf(mac) === i);
}

/** @param name as its series are called @param host its name @param totals what was counted of it; undefined where nothing is known */
export function vmOf(
  object: VmObject,
  name: string,
  host: string,
  findNetwork: FindNetwork,
  totals: Totals | undefined,
): Vm {
  const seconds = (counter: CounterName, vcpu: number) => {
    const milliseconds = totals?.get(counter, vcpu);
    return milliseconds === undefined ? undefined : milliseconds / 1000;
  };
  const bytes = (counter: CounterName) => {
    const kibibytes = totals?.get(counter);
    return kibibytes === undefined ? undefined : kibibytes * KIB;
  };
  return {
    hypervisor: "vmware",
    name,
    ...guestUuids(object.uuid ?? "", object.hardwareVersion),
    host,
    vcpus: object.vcpus,
    vcpuTimes: Array.from({ length: totals ? (object.vcpus ?? 0) : 0 }, (_, vcpu) => ({
      vcpu,
      runSeconds: seconds("cpu.run.summation", vcpu),
      readySeconds: seconds("cpu.ready.summation", vcpu),
      costopSeconds: seconds("cpu.costop.summation", vcpu),
      limitedSeconds: seconds("cpu.maxlimited.summation", vcpu),
    })),
    ioThreads: [],
    nics: withMacsOfTheirOwn(object.nics ?? []).map((device) =>
      nicOf(device, findNetwork(device.network, object.host), totals),
    ),
    memory: {
      max: object.memoryBytes,
      ballooned: bytes("mem.vmmemctl.average"),
      balloonTarget: bytes("mem.vmmemctltarget.average"),
      hostSwapped: bytes("mem.swapped.average"),
      hostSwapIn: bytes("mem.swapinRate.average"),
      hostSwapOut: bytes("mem.swapoutRate.average"),
    },
    cpuReservationHertz: object.reservationHertz,
    cpuLimitHertz: object.limitHertz,
    latencySensitivity: object.latencySensitivity,
  };
}

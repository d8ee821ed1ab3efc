import { vmNicKind } from "../../vm/nic-kind.ts";
import type { Vm, VmNic } from "../../vm/vm.ts";
import type { DomainFacts } from "./domain-xml.ts";
import type { ActiveDomain } from "./domains.ts";
import { AUTOMATIC, type NicFacts } from "./nic-xml.ts";
import type { DomainStats } from "./parse.ts";

/** virDomainState, but for those of a domain that is off. */
export const domainStates = [
  "nostate",
  "running",
  "blocked",
  "paused",
  "shutdown",
  "shutoff",
  "crashed",
  "pmsuspended",
] as const;

/** Held by the hypervisor, or by the guest's own sleep: it neither sends nor answers. */
const held: ReadonlySet<string> = new Set(["paused", "crashed", "pmsuspended"]);

export interface HostFacts {
  readonly name: string;
  /** Undefined where it is not known. */
  readonly cpus: number | undefined;
  /** Is vhost-net there, as far as we see? In a container we may not see it. */
  readonly vhostNet: boolean;
  /** Does its kernel count how long threads wait? */
  readonly countsWait: boolean;
}

/** @param facts undefined while the domain has not been described: it has no NICs then, for their MACs name them */
export function machineOf({ name, uuid, stats }: ActiveDomain, facts: DomainFacts | undefined, host: HostFacts): Vm {
  const { state, memory } = stats;
  return {
    hypervisor: "kvm",
    name,
    uuid: uuid ?? facts?.uuid ?? "",
    uuidAlt: "",
    host: host.name,
    paused: state === undefined ? undefined : held.has(domainStates[state] ?? ""),
    vcpus: stats.vcpus ?? facts?.vcpus,
    pinnedVcpus: facts && pinnedVcpus(facts, stats, host.cpus),
    vcpuQuotaRatio: facts?.vcpuQuotaRatio,
    vcpuTimes: stats.vcpuTimes.map(({ waitSeconds, ...times }) => ({
      ...times,
      waitSeconds: host.countsWait ? waitSeconds : undefined,
    })),
    ioThreads: [],
    nics: facts?.nics.map((nic) => nicOf(nic, stats, host)) ?? [],
    memory,
  };
}

function pinnedVcpus(
  { pins, otherPins }: DomainFacts,
  { vcpuTimes }: DomainStats,
  hostCpus: number | undefined,
): number | undefined {
  if (hostCpus === undefined) return undefined;
  const sets = vcpuTimes.map(({ vcpu }) => pins.get(vcpu) ?? otherPins);
  if (sets.includes("unknown")) return undefined;
  return sets.filter((cpus) => typeof cpus !== "string" && cpus.size < hostCpus).length;
}

function nicOf({ backend, ...facts }: NicFacts, { nics }: DomainStats, { vhostNet }: HostFacts): VmNic {
  const { toGuest, fromGuest } = nics.get(facts.device) ?? {};
  const automatic = vhostNet ? "vhost_net" : "unknown";
  return {
    ...facts,
    kind: vmNicKind(facts.model),
    backend: backend === AUTOMATIC ? automatic : backend,
    toGuest,
    fromGuest,
  };
}

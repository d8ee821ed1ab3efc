import { ParseError } from "../../kernel/host.ts";
import { childrenOf } from "../xml-tree.ts";
import type {
  ClusterObject,
  HostObject,
  OpaqueNetworkObject,
  PortgroupObject,
  SwitchObject,
  VmObject,
} from "./objects.ts";
import { parseNics } from "./parse-nic.ts";
import { parseDefaultPortConfig, parseHostPortgroups } from "./parse-portgroup.ts";
import { MEGABIT_BYTES, nameOf } from "./values.ts";
import { flagAt, numberAt, textAt, type XmlElement } from "./xml.ts";

const MHZ = 1_000_000;
const MIB = 1024 ** 2;

/** How the value of a property becomes facts; undefined where the property went away. */
type Readers<T> = Readonly<Record<string, (value: XmlElement | undefined) => Partial<T>>>;

function hertz(value: XmlElement | undefined, key: string): number | undefined {
  const megahertz = numberAt(value, key);
  return megahertz === undefined || megahertz < 0 ? undefined : megahertz * MHZ;
}

function times(factor: number, value: number | undefined): number | undefined {
  return value === undefined ? undefined : value * factor;
}

/** Of one machine; the largest has 768. */
const MAX_VCPUS = 4096;

function vcpusOf(count: number | undefined): number | undefined {
  return count !== undefined && Number.isInteger(count) && count >= 0 && count <= MAX_VCPUS ? count : undefined;
}

const vm: Readers<VmObject> = {
  name: (value) => ({ name: nameOf(textAt(value)) }),
  "config.uuid": (value) => ({ uuid: textAt(value)?.toLowerCase() }),
  "config.version": (value) => {
    const digits = /(\d+)$/.exec(textAt(value) ?? "")?.[1];
    return { hardwareVersion: digits === undefined ? undefined : Number(digits) };
  },
  "config.template": (value) => ({ template: flagAt(value) }),
  "config.hardware.numCPU": (value) => ({ vcpus: vcpusOf(numberAt(value)) }),
  "config.hardware.memoryMB": (value) => ({ memoryBytes: times(MIB, numberAt(value)) }),
  "config.cpuAllocation": (value) => ({
    reservationHertz: hertz(value, "reservation"),
    limitHertz: hertz(value, "limit"),
  }),
  "config.latencySensitivity": (value) => ({ latencySensitivity: textAt(value, "level") }),
  "config.hardware.device": (value) => ({ nics: value && parseNics(value.children) }),
  "snapshot.currentSnapshot": (value) => ({ snapshot: textAt(value) }),
  "runtime.host": (value) => ({ host: textAt(value) }),
  "runtime.powerState": (value) => ({ powerState: textAt(value) }),
  "runtime.connectionState": (value) => ({ connectionState: textAt(value) }),
};

function parseSwitches(value: XmlElement | undefined, name: string): HostObject["switches"] {
  return value?.children.map((element) => ({
    name: nameOf(textAt(element, name)) ?? "",
    pnics: childrenOf(element, "pnic").map(({ text }) => text.trim()),
  }));
}

const host: Readers<HostObject> = {
  name: (value) => ({ name: nameOf(textAt(value)) }),
  parent: (value) => ({ cluster: textAt(value) }),
  "summary.hardware": (value) => ({
    cpuThreads: numberAt(value, "numCpuThreads"),
    coreHertz: hertz(value, "cpuMhz"),
  }),
  "runtime.connectionState": (value) => ({ connectionState: textAt(value) }),
  "runtime.inMaintenanceMode": (value) => ({ maintenance: flagAt(value) }),
  "config.network.pnic": (value) => ({
    pnics: value?.children.map((pnic) => ({
      key: textAt(pnic, "key") ?? "",
      device: textAt(pnic, "device") ?? "",
      driver: textAt(pnic, "driver") ?? "",
      mac: textAt(pnic, "mac")?.toLowerCase() ?? "",
      bytesPerSecond: (numberAt(pnic, "linkSpeed", "speedMb") ?? 0) * MEGABIT_BYTES,
    })),
  }),
  "config.network.vswitch": (value) => ({ switches: parseSwitches(value, "name") }),
  "config.network.proxySwitch": (value) => ({ proxySwitches: parseSwitches(value, "dvsName") }),
  "config.network.portgroup": (value) => ({ portgroups: value && parseHostPortgroups(value.children) }),
};

const portgroup: Readers<PortgroupObject> = {
  name: (value) => ({ name: nameOf(textAt(value)) }),
  key: (value) => ({ key: textAt(value) }),
  "config.distributedVirtualSwitch": (value) => ({ switch: textAt(value) }),
  "config.defaultPortConfig": (value) => ({ policy: value && parseDefaultPortConfig(value) }),
};

const distributedSwitch: Readers<SwitchObject> = {
  name: (value) => ({ name: nameOf(textAt(value)) }),
  "config.networkResourceManagementEnabled": (value) => ({ controlled: flagAt(value) }),
  "config.infrastructureTrafficResourceConfig": (value) => ({
    trafficLimits: value?.children.flatMap((element) => {
      const megabits = numberAt(element, "allocationInfo", "limit");
      const traffic = textAt(element, "key") ?? "";
      return megabits === undefined || megabits < 0 ? [] : [{ traffic, bytesPerSecond: megabits * MEGABIT_BYTES }];
    }),
  }),
};

const cluster: Readers<ClusterObject> = { name: (value) => ({ name: nameOf(textAt(value)) }) };

const opaqueNetwork: Readers<OpaqueNetworkObject> = {
  name: (value) => ({ name: nameOf(textAt(value)) }),
  summary: (value) => ({ opaqueId: textAt(value, "opaqueNetworkId") }),
};

/** What is asked of each kind of object, subclasses included, and how it is read. */
export const readers = {
  VirtualMachine: vm,
  HostSystem: host,
  DistributedVirtualPortgroup: portgroup,
  DistributedVirtualSwitch: distributedSwitch,
  ComputeResource: cluster,
  OpaqueNetwork: opaqueNetwork,
} as const;

export type Kind = keyof typeof readers;

const subclasses: Readonly<Record<string, Kind>> = {
  ClusterComputeResource: "ComputeResource",
  VmwareDistributedVirtualSwitch: "DistributedVirtualSwitch",
};

/** The kind whose readers hold for a server's class of objects; undefined for one that nobody asked for. */
export function kindOf(kind: string | undefined): Kind | undefined {
  if (kind === undefined) return undefined;
  return Object.hasOwn(readers, kind) ? (kind as Kind) : subclasses[kind];
}

/** One object of an answer, or of an update, that was found, changed or lost. */
export interface ObjectUpdate {
  readonly kind: Kind;
  readonly id: string;
  /** entered: the facts are all that there are. */
  readonly change: "entered" | "modified" | "left";
  /** What changed; a property that went away is there as undefined. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** Properties that are known now, or known to be unset. */
  readonly paths: readonly string[];
  /** Properties that are missing, each for want of a privilege. */
  readonly missing: readonly { readonly path: string; readonly privilege: string }[];
}

const changeOf: Readonly<Record<string, ObjectUpdate["change"]>> = { enter: "entered", leave: "left" };

/** @param element `objectSet` of an update @returns undefined for an object of a kind that nobody asked for @throws ParseError */
export function parseObjectUpdate(element: XmlElement): ObjectUpdate | undefined {
  const object = childrenOf(element, "obj")[0];
  const kind = kindOf(object?.kind);
  const id = object?.text.trim() ?? "";
  if (object && id === "") throw new ParseError("objectSet: expected an object with an id, got none");
  if (kind === undefined) return undefined;
  const known: Readers<object> = readers[kind];
  const changes = childrenOf(element, "changeSet").map((change) => {
    const path = textAt(change, "name") ?? "";
    const value = /remove/i.test(textAt(change, "op") ?? "") ? undefined : childrenOf(change, "val")[0];
    return { path, facts: known[path]?.(value) ?? {} };
  });
  return {
    kind,
    id,
    change: changeOf[textAt(element, "kind") ?? ""] ?? "modified",
    facts: Object.assign({}, ...changes.map(({ facts }) => facts)),
    paths: changes.map(({ path }) => path),
    missing: childrenOf(element, "missingSet").flatMap((part) => {
      const privilege = textAt(part, "fault", "fault", "privilegeId") ?? textAt(part, "fault", "privilegeId");
      return privilege === undefined ? [] : [{ path: textAt(part, "path") ?? "", privilege }];
    }),
  };
}

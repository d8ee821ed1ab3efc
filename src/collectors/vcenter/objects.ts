/** What is known of the objects of a vCenter, in base units. Whatever it did not tell is undefined. */

export interface VmObject {
  readonly name?: string | undefined;
  /** As vCenter writes it, lower case. */
  readonly uuid?: string | undefined;
  /** 13 for vmx-13. */
  readonly hardwareVersion?: number | undefined;
  readonly template?: boolean | undefined;
  readonly vcpus?: number | undefined;
  readonly memoryBytes?: number | undefined;
  readonly reservationHertz?: number | undefined;
  readonly limitHertz?: number | undefined;
  readonly latencySensitivity?: string | undefined;
  /** Id of the snapshot that it goes on from; another one after most snapshots that were taken, removed or gone back to. */
  readonly snapshot?: string | undefined;
  /** Id of the host. */
  readonly host?: string | undefined;
  readonly powerState?: string | undefined;
  readonly connectionState?: string | undefined;
  readonly nics?: readonly NicDevice[] | undefined;
}

export interface NicDevice {
  /** Names it in the performance counters, such as 4000. */
  readonly key: string;
  /** Lower case. */
  readonly mac: string;
  /** As in the machine's own file: e1000, vmxnet3. */
  readonly model: string;
  readonly network: NicNetwork;
  /** Network I/O control; undefined without a limit. */
  readonly limitBytesPerSecond: number | undefined;
}

/** What a NIC is connected to. */
export type NicNetwork =
  | { readonly kind: "portgroup"; readonly key: string }
  | { readonly kind: "opaque"; readonly id: string }
  | { readonly kind: "standard"; readonly name: string }
  | { readonly kind: "none" };

export interface HostObject {
  readonly name?: string | undefined;
  /** Id of its cluster. */
  readonly cluster?: string | undefined;
  readonly cpuThreads?: number | undefined;
  readonly coreHertz?: number | undefined;
  readonly connectionState?: string | undefined;
  readonly maintenance?: boolean | undefined;
  readonly pnics?: readonly PhysicalNic[] | undefined;
  readonly switches?: readonly HostSwitch[] | undefined;
  /** Its share of distributed switches. */
  readonly proxySwitches?: readonly HostSwitch[] | undefined;
  readonly portgroups?: readonly PortgroupPolicy[] | undefined;
}

export interface PhysicalNic {
  /** By which switches name it. */
  readonly key: string;
  readonly device: string;
  readonly driver: string;
  readonly mac: string;
  /** 0 where its link is down. */
  readonly bytesPerSecond: number;
}

export interface HostSwitch {
  readonly name: string;
  /** Keys of its uplinks. */
  readonly pnics: readonly string[];
}

/** What a port group lets through. */
export interface PortgroupPolicy {
  readonly name: string;
  readonly switch: string;
  /** From the machine into the switch. */
  readonly fromGuest: Shaping | undefined;
  readonly toGuest: Shaping | undefined;
  readonly security: Readonly<Record<string, boolean>>;
}

/** Only where it is on. */
export interface Shaping {
  readonly averageBytesPerSecond: number | undefined;
  readonly peakBytesPerSecond: number | undefined;
  readonly burstBytes: number | undefined;
}

export interface PortgroupObject {
  readonly name?: string | undefined;
  /** By which NICs name it. */
  readonly key?: string | undefined;
  /** Id of its switch. */
  readonly switch?: string | undefined;
  readonly policy?: Omit<PortgroupPolicy, "name" | "switch"> | undefined;
}

export interface SwitchObject {
  readonly name?: string | undefined;
  /** Whether Network I/O control is on. */
  readonly controlled?: boolean | undefined;
  /** For each kind of traffic with a limit, from one host. */
  readonly trafficLimits?: readonly { readonly traffic: string; readonly bytesPerSecond: number }[] | undefined;
}

export interface ClusterObject {
  readonly name?: string | undefined;
}

export interface OpaqueNetworkObject {
  readonly name?: string | undefined;
  readonly opaqueId?: string | undefined;
}

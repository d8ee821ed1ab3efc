import type { Certificate } from "./certificates.d.mts";

export interface Shaping {
  enabled?: boolean;
  /** Bits per second; text is told as it is. */
  average?: number | string;
  peak?: number | string;
  /** Bytes. */
  burst?: number | string;
}

export interface Security {
  promiscuous?: boolean;
  macChanges?: boolean;
  forgedTransmits?: boolean;
}

export interface FakeStandardPortgroup {
  name: string;
  vlan?: number;
  shaping?: Shaping;
  security?: Security;
}

export interface FakeHost {
  id: string;
  name: string;
  cluster: string;
  packages?: number;
  cores: number;
  threads: number | string;
  hertz: number;
  memoryBytes?: number;
  connection?: string;
  maintenance?: boolean;
  /** Without `mbit` its link is down. */
  pnics?: { device: string; mbit?: number; mac?: string; driver?: string }[];
  vswitches?: {
    name: string;
    pnics?: string[];
    shaping?: Shaping;
    security?: Security;
    portgroups?: FakeStandardPortgroup[];
  }[];
}

export interface FakeNic {
  /** Type of the device on the wire, such as VirtualVmxnet3. */
  type: string;
  mac: string;
  key?: number;
  /** Name of a standard port group. */
  network?: string;
  /** Id of a distributed port group. */
  portgroup?: string;
  /** Id of an opaque network. */
  opaque?: string;
  connected?: boolean;
  limitMbit?: number;
}

export interface FakeVm {
  id: string;
  name: string;
  uuid: string;
  instanceUuid?: string;
  version?: string;
  host: string;
  power?: string;
  connection?: string;
  /** False: vCenter cannot read its files. */
  config?: false;
  template?: boolean;
  cpus?: number | string;
  memoryMB?: number | string;
  reservationMHz?: number | string;
  limitMHz?: number | string;
  latency?: string;
  nics?: FakeNic[];
  snapshot?: string;
  annotation?: string;
}

export interface FakePortgroup {
  id: string;
  name: string;
  vlan?: number;
  in?: Shaping;
  out?: Shaping;
  security?: Security;
  uplink?: boolean;
  /** Id of the NSX segment that it stands for. */
  segment?: string;
}

export interface FakeSwitch {
  id: string;
  name: string;
  uuid: string;
  mtu?: number;
  nioc?: boolean;
  /** Of Network I/O Control, by class of traffic, Mbit/s. */
  limits?: Record<string, number>;
  portgroups: FakePortgroup[];
}

export interface FakeInventory {
  about?: { version?: string; apiVersion?: string };
  datacenter: string;
  clusters: { id: string; name: string; drs?: boolean }[];
  hosts: FakeHost[];
  networks: { id: string; name: string }[];
  switches: FakeSwitch[];
  vms: FakeVm[];
  /** What the account may not read: told in missingSet. */
  denied?: { id: string; path: string; privilege: string }[];
}

export interface FakePerformance {
  readonly counters: readonly { key: number; full: string }[];
  order: "oldest first" | "newest first";
  copies: number;
  readonly missing: Set<string>;
  renumber(): void;
  add(entity: string, counter: string, instance: string, time: number | string, value: number | string): void;
  addSeries(
    entity: string,
    counter: string,
    instance: string,
    start: number | string,
    values: readonly (number | string | undefined)[],
  ): void;
  forget(entity: string): void;
}

export interface FakeEvent {
  type: string;
  time: number | string;
  vm?: { id: string; name: string };
  host?: { id: string; name: string };
  sourceHost?: { id: string; name: string };
  task?: { descriptionId: string; state?: string };
  message?: string;
}

export interface FailureTime {
  /** The call that it strikes; any where undefined. */
  readonly on?: string;
  /** How many of them it lets pass first. */
  readonly after?: number;
  readonly times?: number;
  readonly argument?: unknown;
}

export interface FakeVcenter {
  readonly url: string;
  inventory: FakeInventory;
  username: string;
  password: string;
  readonly performance: FakePerformance;
  readonly events: { post(event: FakeEvent): void };
  now: () => number;
  readonly vanished: Set<string>;
  readonly calls: string[];
  readonly peak: Readonly<Record<string, number>>;
  readonly logins: boolean[];
  readonly connections: number;
  onAnswer: ((method: string, text: string) => void) | undefined;
  held(): { views: number; filters: number; collectors: number }[];
  changed(): void;
  expireSessions(): void;
  fail(fault: string, when?: FailureTime): void;
  heal(): void;
  forgetAll(): void;
  down(): Promise<void>;
  up(): Promise<void>;
  useCertificate(certificate: Certificate): void;
  stop(): Promise<void>;
}

export interface FakeVcenterOptions {
  readonly inventory?: FakeInventory;
  readonly username?: string;
  readonly password?: string;
  readonly now?: () => number;
}

export function startFakeVcenter(certificate: Certificate, options?: FakeVcenterOptions): Promise<FakeVcenter>;

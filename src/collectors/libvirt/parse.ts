import { ParseError } from "../../kernel/host.ts";
import type { VmNicCounters } from "../../vm/vm.ts";

/** One statistic as libvirt names it, such as `vcpu.0.delay`. */
export type Stat = readonly [name: string, value: number | string];

/** Statistics of one active domain; what libvirt did not tell is undefined. */
export interface DomainStats {
  /** One of virDomainState. */
  readonly state: number | undefined;
  /** libvirt waits for its QEMU, and told only what it knows without it. */
  readonly busy: boolean;
  readonly vcpus: number | undefined;
  readonly vcpuTimes: readonly VcpuStats[];
  /** By the host's interface. */
  readonly nics: ReadonlyMap<string, NicStats>;
  /** Bytes. */
  readonly memory: MemoryStats;
}

/** Seconds since the domain's start. */
export interface VcpuStats {
  readonly vcpu: number;
  readonly runSeconds: number | undefined;
  readonly readySeconds: number | undefined;
  /** 0 also where the host does not count it. */
  readonly waitSeconds: number | undefined;
}

export interface NicStats {
  readonly toGuest: VmNicCounters | undefined;
  readonly fromGuest: VmNicCounters | undefined;
}

export interface MemoryStats {
  readonly max: number | undefined;
  readonly ballooned: number | undefined;
  readonly unused: number | undefined;
  readonly guestSwapIn: number | undefined;
  readonly guestSwapOut: number | undefined;
}

const NANOS_PER_SECOND = 1e9;
const KIB = 1024;

/** KVM adds fifty more for each vCPU. */
const read =
  /^(?:state\.state|balloon\.(?:current|maximum|unused|swap_in|swap_out|rss|last-update)|vcpu\.(?:current|\d+\.(?:state|time|wait|delay))|net\.\d+\.(?:name|[rt]x\.(?:pkts|drop)))$/;

type Values = ReadonlyMap<string, number | string>;
type NumberOf = (name: string) => number | undefined;

/**
 * @param domain for messages
 * @throws ParseError where a value that we read is no number
 */
export function domainStats(domain: string, stats: Iterable<Stat>): DomainStats {
  const values = new Map<string, number | string>();
  for (const [name, value] of stats) if (read.test(name)) values.set(name, value);

  function numberOf(name: string): number | undefined {
    const value = values.get(name);
    if (value === undefined || typeof value === "number") return value;
    throw new ParseError(`statistics of ${domain}: expected a number as ${name}, got "${value}"`);
  }
  return {
    state: numberOf("state.state"),
    // Memory in use is asked of every running QEMU, whatever its devices, and of none that is waited for.
    busy: numberOf("balloon.rss") === undefined,
    vcpus: numberOf("vcpu.current"),
    vcpuTimes: indices(values, "vcpu").map((vcpu) => vcpuStats(vcpu, numberOf)),
    nics: new Map(indices(values, "net").flatMap((nic) => namedNic(values, nic, numberOf))),
    memory: memoryStats(numberOf),
  };
}

/** Numbers with gaps, where a vCPU was unplugged. */
function indices(values: Values, group: "vcpu" | "net"): number[] {
  const found = new Set<number>();
  for (const name of values.keys()) {
    const [own, index = ""] = name.split(".", 2);
    if (own === group && index !== "current") found.add(Number(index));
  }
  return [...found].sort((a, b) => a - b);
}

function vcpuStats(vcpu: number, numberOf: NumberOf): VcpuStats {
  const seconds = (field: string) => {
    const nanos = numberOf(`vcpu.${vcpu}.${field}`);
    return nanos === undefined ? undefined : nanos / NANOS_PER_SECOND;
  };
  return { vcpu, runSeconds: seconds("time"), readySeconds: seconds("delay"), waitSeconds: seconds("wait") };
}

/** libvirt counts as the guest does: what it receives is rx. */
function namedNic(values: Values, nic: number, numberOf: NumberOf): [string, NicStats][] {
  const device = values.get(`net.${nic}.name`);
  if (device === undefined) return [];
  const counters = (direction: "rx" | "tx") => {
    const packets = numberOf(`net.${nic}.${direction}.pkts`);
    const drops = numberOf(`net.${nic}.${direction}.drop`);
    return packets === undefined || drops === undefined ? undefined : { packets, drops };
  };
  return [[String(device), { toGuest: counters("rx"), fromGuest: counters("tx") }]];
}

function memoryStats(numberOf: NumberOf): MemoryStats {
  const bytes = (name: string) => {
    const kib = numberOf(`balloon.${name}`);
    return kib === undefined ? undefined : kib * KIB;
  };
  const max = bytes("maximum");
  const current = bytes("current");
  // Until the guest's driver speaks for the first time, what it would say is not known.
  const driverSpeaks = numberOf("balloon.last-update") !== 0;
  return {
    max,
    ballooned: max === undefined || current === undefined ? undefined : max - current,
    unused: driverSpeaks ? bytes("unused") : undefined,
    guestSwapIn: driverSpeaks ? bytes("swap_in") : undefined,
    guestSwapOut: driverSpeaks ? bytes("swap_out") : undefined,
  };
}

/**
 * What `virsh domstats --raw` prints: a heading for each domain, an indented line for each statistic.
 * @throws ParseError with the number of a line that is neither
 */
export function* parseDomstats(
  text: string,
): Generator<{ readonly name: string; readonly stats: readonly Stat[] }, void, undefined> {
  let domain: { readonly name: string; readonly stats: Stat[] } | undefined;
  let number = 0;
  for (const line of text.split("\n")) {
    number += 1;
    const heading = /^Domain: '(.*)'$/.exec(line);
    const [, name, value] = /^ {2}([^\s=]+)=(.*)$/.exec(line) ?? [];
    if (heading) {
      if (domain) yield domain;
      domain = { name: heading[1] ?? "", stats: [] };
    } else if (domain && name !== undefined && value !== undefined) {
      domain.stats.push([name, /^-?\d+$/.test(value) ? Number(value) : value]);
    } else if (line !== "") {
      throw new ParseError(`virsh domstats, line ${number}: expected NAME=VALUE of a domain, got "${line}"`);
    }
  }
  if (domain) yield domain;
}

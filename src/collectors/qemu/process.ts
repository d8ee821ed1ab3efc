import type { Host } from "../../kernel/host.ts";
import { parseQemuCommandLine, type QemuCommandLine } from "../../vm/qemu-command-line.ts";
import { ifThere, nowIfThere } from "../files.ts";
import { isDue } from "../qemu-processes.ts";
import { allowedCpus, parseTaskStat, statusBytes } from "./parse.ts";
import { readMemoryByNode } from "./placement.ts";
import { type ConnectedTaps, connectTaps, type Descriptors, readBridge, readDescriptors } from "./taps.ts";
import { type MachineThread, machineThreads, readThreadNames } from "./threads.ts";

/** Descriptors change when a NIC is plugged in: looked at once in five minutes. */
const DESCRIPTORS_PERIOD_ROUNDS = 60;

/** What is known of one process of QEMU from one round to the next. */
export interface QemuProcess {
  readonly pid: string;
  /** With its number it names the process for good: numbers are given again. */
  readonly startTicks: string;
  readonly sinceRound: number;
  readonly commandLine: QemuCommandLine;
  readonly threadNames: ReadonlyMap<string, string>;
  readonly threads: readonly MachineThread[];
  /** Undefined where they could not be read. */
  readonly descriptors: Descriptors | undefined;
  readonly taps: ConnectedTaps;
  /** Of those taps that are in our own network namespace. */
  readonly bridges: ReadonlyMap<string, string>;
  /** Whose /proc/net/dev shows its taps: its own number where it lives in another network namespace than we. */
  readonly network: string;
  readonly pinnedVcpus: number | undefined;
  readonly hostSwappedBytes: number | undefined;
  readonly memoryByNode: ReadonlyMap<number, number> | undefined;
}

/** What a round knows of the machine that all processes share. */
export interface Surroundings {
  readonly round: number;
  readonly vhost: ReadonlyMap<string, readonly string[]>;
  readonly onlineCpus: number;
  readonly severalNodes: boolean;
}

async function readNetwork(host: Host, pid: string): Promise<string> {
  const [own, other] = await Promise.all([
    ifThere(host.readLink("/proc/self/ns/net")),
    ifThere(host.readLink(`/proc/${pid}/ns/net`)),
  ]);
  return own === other ? "self" : pid;
}

async function readBridges(host: Host, { byNic }: ConnectedTaps): Promise<ReadonlyMap<string, string>> {
  const bridges = [...byNic.values()].map(async ({ device }): Promise<[string, string][]> => {
    const bridge = await readBridge(host, device);
    return bridge === undefined ? [] : [[device, bridge]];
  });
  return new Map((await Promise.all(bridges)).flat());
}

function countPinned(host: Host, threads: readonly MachineThread[], onlineCpus: number): number {
  const vcpus = threads.filter(({ role }) => "vcpu" in role);
  const statuses = vcpus.map(({ directory }) => nowIfThere(() => host.readNow(`${directory}/status`)));
  return statuses.filter((status) => (allowedCpus(status ?? "") ?? onlineCpus) < onlineCpus).length;
}

/** Looks at what changes seldom: threads, descriptors, memory. @throws SourceAbsentError where the process has ended */
async function refresh(host: Host, process: QemuProcess, around: Surroundings): Promise<QemuProcess> {
  const { pid, sinceRound, commandLine } = process;
  const { round, vhost, onlineCpus } = around;
  const threadNames = await readThreadNames(host, pid, process.threadNames);
  const threads = machineThreads(pid, threadNames, vhost.get(pid) ?? []);
  const withDescriptors = isDue(round, sinceRound, Number(pid), DESCRIPTORS_PERIOD_ROUNDS);
  const descriptors = withDescriptors ? await readDescriptors(host, pid) : process.descriptors;
  const taps = connectTaps(commandLine.nics, descriptors);
  const network = descriptors ? await readNetwork(host, pid) : "self";
  return {
    ...process,
    threadNames,
    threads,
    descriptors,
    taps,
    bridges: network === "self" ? await readBridges(host, taps) : new Map(),
    network,
    pinnedVcpus: countPinned(host, threads, onlineCpus),
    hostSwappedBytes: statusBytes(host.readNow(`/proc/${pid}/status`), "VmSwap"),
    memoryByNode: around.severalNodes ? await readMemoryByNode(host, pid) : undefined,
  };
}

/** @returns undefined where it is no machine */
async function readNewProcess(
  host: Host,
  pid: string,
  startTicks: string,
  around: Surroundings,
): Promise<QemuProcess | undefined> {
  const text = await host.readText(`/proc/${pid}/cmdline`);
  const commandLine = parseQemuCommandLine(text);
  if (text === "" || commandLine.machine === "none") return undefined;
  const unread: QemuProcess = {
    pid,
    startTicks,
    sinceRound: around.round,
    commandLine,
    threadNames: new Map(),
    threads: [],
    descriptors: undefined,
    taps: { byNic: new Map(), others: [] },
    bridges: new Map(),
    network: "self",
    pinnedVcpus: undefined,
    hostSwappedBytes: undefined,
    memoryByNode: undefined,
  };
  return refresh(host, unread, around);
}

/**
 * A process in this round.
 * @param before the same number in the round before
 * @returns undefined where it has ended, or is no machine
 */
export async function readProcess(
  host: Host,
  pid: string,
  before: QemuProcess | undefined,
  around: Surroundings,
): Promise<QemuProcess | undefined> {
  const file = `/proc/${pid}/stat`;
  const { startTicks, ended } = parseTaskStat(file, host.readNow(file));
  if (ended) return undefined;
  if (before?.startTicks !== startTicks) return readNewProcess(host, pid, startTicks, around);
  return isDue(around.round, before.sinceRound, Number(pid)) ? refresh(host, before, around) : before;
}

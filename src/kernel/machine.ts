import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { runProgram } from "./program.ts";

/** What this machine is; does not change while it runs. */
export interface MachineFacts {
  /** Is this a virtual machine? */
  readonly virtual: boolean;
  /** kvm, vmware, hyperv, xen, …; empty on bare metal or where nothing tells. */
  readonly hypervisor: string;
}

/** What systeminformation's `system()` says of the machine, as far as we read it. */
export interface SystemReport {
  readonly manufacturer: string;
  readonly model: string;
  readonly virtual: boolean;
  readonly virtualHost?: string;
}

const ASK_TIMEOUT_MS = 15_000;

// systeminformation starts subprocesses synchronously, which would stop the event loop: it gets a thread of its own.
const ASK = `
  const { parentPort, workerData } = require("node:worker_threads");
  import(workerData).then((si) => si.default.system()).then((system) => parentPort.postMessage(system));
`;

/** Clouds and firmware name themselves, not the hypervisor below; `virtualHost` is empty for these. */
const hypervisorByMaker: readonly (readonly [RegExp, string])[] = [
  [/microsoft/i, "hyperv"],
  [/amazon ec2|google|openstack|qemu|alibaba|digitalocean|hetzner|kvm/i, "kvm"],
  [/vmware/i, "vmware"],
  [/xen/i, "xen"],
  [/innotek|virtualbox/i, "virtualbox"],
  [/nutanix/i, "kvm"],
  [/parallels/i, "parallels"],
];

/**
 * @param cpuinfo text of /proc/cpuinfo; x86 sets the flag `hypervisor` in every guest, which settles it for clouds that sell
 * the same machine with and without a hypervisor. Empty where it could not be read.
 */
export function machineFacts(system: SystemReport, cpuinfo: string): MachineFacts {
  const virtual = system.virtual || /^flags\s*:.*\bhypervisor\b/m.test(cpuinfo);
  if (!virtual) return { virtual, hypervisor: "" };
  const maker = `${system.manufacturer} ${system.model}`;
  const guess = hypervisorByMaker.find(([pattern]) => pattern.test(maker))?.[1] ?? "";
  const host = (system.virtualHost ?? "").toLowerCase().replace(/[^a-z0-9]/g, "");
  // QEMU and Bochs are device models; the hypervisor of a machine that shows them is KVM in all but trial set-ups.
  const named = host === "qemu" || host === "bochs" ? "kvm" : host;
  return { virtual, hypervisor: named || guess };
}

const LSCPU_TIMEOUT_MS = 5_000;
const LSCPU_MAX_BYTES = 64 * 1024;
/** lscpu's vendors that others call differently. */
const hypervisorByVendor: Readonly<Record<string, string>> = { microsoft: "hyperv", oracle: "virtualbox" };

/** @param lscpu what it prints in English @returns empty where it names no vendor */
export function hypervisorOfLscpu(lscpu: string): string {
  const vendor = (/^Hypervisor vendor:\s*(\S+)/m.exec(lscpu)?.[1] ?? "").toLowerCase();
  return vendor === "none" ? "" : (hypervisorByVendor[vendor] ?? vendor);
}

/**
 * Asks the CPU itself, through lscpu: without DMI, systeminformation has only the kernel's first messages to go by, and they
 * are overwritten in time.
 * @returns empty where it does not say, or is not installed
 */
export async function askCpu(): Promise<string> {
  const signal = AbortSignal.timeout(LSCPU_TIMEOUT_MS);
  return hypervisorOfLscpu(await runProgram("lscpu", [], signal, LSCPU_MAX_BYTES).catch(() => ""));
}

/**
 * Asks systeminformation, in a thread, at most 15 s.
 * @returns undefined where it did not answer: unknown is not "bare metal"
 */
export function askSystem(timeoutMs: number = ASK_TIMEOUT_MS): Promise<SystemReport | undefined> {
  return new Promise((resolve) => {
    const library = pathToFileURL(createRequire(import.meta.url).resolve("systeminformation")).href;
    const worker = new Worker(ASK, { eval: true, workerData: library, stderr: true });
    worker.unref();
    const timer = setTimeout(finish, timeoutMs, undefined);
    timer.unref();

    function finish(system: SystemReport | undefined): void {
      clearTimeout(timer);
      resolve(system);
      // A subprocess that hangs holds the thread until it ends; nobody waits for it.
      worker.terminate().then(ignore, ignore);
    }
    worker.once("message", finish);
    worker.once("error", () => finish(undefined));
    worker.once("exit", () => finish(undefined));
  });
}

function ignore(): void {
  // The thread has ended one way or the other.
}

/**
 * Asks everyone who knows what machine this is.
 * @param readCpuinfo text of /proc/cpuinfo
 * @returns undefined where systeminformation did not answer
 */
export async function askMachine(readCpuinfo: () => Promise<string>): Promise<MachineFacts | undefined> {
  const [system, cpuinfo] = await Promise.all([askSystem(), readCpuinfo().catch(() => "")]);
  if (!system) return undefined;
  const facts = machineFacts(system, cpuinfo);
  return facts.virtual && facts.hypervisor === "" ? { ...facts, hypervisor: await askCpu() } : facts;
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Namespace } from "./lab.ts";

/** `npm test` puts it there. */
const program = fileURLToPath(new URL("../../.cache/tools/bin/vcsim", import.meta.url));
const USERNAME = "monitor@vsphere.local";
const PASSWORD = "s3cret & <sign>";
const END_MILLIS = 10_000;

export interface VcsimOptions {
  /** Default 1, and 2 hosts each, named DC0_C0_H0 and so on. */
  readonly clusters?: number;
  readonly hosts?: number;
  /** Hosts outside of clusters, named DC0_H0 and so on. Default none. */
  readonly standalone?: number;
  /** On all hosts by turns, named HOST_VM0 and so on; 2 vCPUs, 4 GiB, one vmxnet3. Default 4. */
  readonly vms?: number;
  /** DC0_DVPG0 and so on; machines are in them by turns. Default 1. */
  readonly portgroups?: number;
  /** Where it listens on loopback. Default: on this machine's own. */
  readonly where?: Namespace;
}

/** Bit/s and bytes, as vCenter's API has them. */
export interface VcsimShaping {
  readonly enabled: boolean;
  readonly average: number;
  readonly peak: number;
  readonly burst: number;
}

interface VcsimSecurity {
  readonly promiscuous?: boolean;
  readonly macChanges?: boolean;
  readonly forgedTransmits?: boolean;
}

export type VcsimCommand =
  | { readonly do: "stats" | "expire-sessions" | "clear-faults" }
  /** Each call of a method, or of all, takes so much longer. */
  | { readonly do: "delay"; readonly method?: string; readonly millis: number }
  /** The next answers have an HTTP status, by default 503. */
  | { readonly do: "refuse"; readonly count: number; readonly status?: number }
  /** Calls of a method end with a fault of the API, such as NoPermission: so many, or all. */
  | { readonly do: "fault"; readonly method: string; readonly type: string; readonly count?: number }
  | { readonly do: "destroy"; readonly vm: string }
  | { readonly do: "power"; readonly vm: string; readonly on: boolean }
  | { readonly do: "rename" | "snapshot" | "remove-snapshot"; readonly vm: string; readonly name: string }
  | { readonly do: "migrate"; readonly vm: string; readonly host: string }
  /** Replaces the first card; adds one with `on`. Types are e1000, e1000e, vmxnet2, vmxnet3, pcnet32, sriov. */
  | {
      readonly do: "nic";
      readonly vm: string;
      readonly type?: string;
      readonly network?: string;
      readonly on?: boolean;
    }
  | {
      readonly do: "reconfigure";
      readonly vm: string;
      readonly vcpus?: number;
      readonly reservationMHz?: number;
      readonly limitMHz?: number;
      readonly latency?: "low" | "normal" | "medium" | "high";
      /** Of the hardware, such as vmx-10. */
      readonly version?: string;
    }
  | { readonly do: "add-vm"; readonly name: string; readonly host: string; readonly network: string }
  /** What is not named stays. "in" is from the guest into the switch. */
  | {
      readonly do: "shape";
      readonly network: string;
      readonly in?: VcsimShaping;
      readonly out?: VcsimShaping;
      readonly security?: VcsimSecurity;
    }
  /** Network I/O Control: what machines may send on each physical NIC. */
  | { readonly do: "nioc"; readonly on: boolean; readonly limitMbps: number }
  | {
      readonly do: "standard-portgroup";
      readonly host: string;
      readonly name: string;
      readonly in?: VcsimShaping;
      readonly security?: VcsimSecurity;
    }
  /** Posts an event of any type about a machine. `name` is a TaskEvent's descriptionId, `host` where a migration began. */
  | {
      readonly do: "event";
      readonly vm: string;
      readonly type: string;
      readonly name?: string;
      readonly host?: string;
    };

export interface VcsimStats {
  /** How often clients called each method. */
  readonly calls: Readonly<Record<string, number>>;
  /** Those that are logged in. */
  readonly sessions: number;
}

export interface Vcsim {
  readonly url: string;
  /** Its certificate, which is new at each start. */
  readonly caFile: string;
  readonly username: string;
  readonly password: string;
  readonly passwordFile: string;
  readonly pid: number;
  /** @throws Error in its words where it cannot be done */
  ask(command: VcsimCommand): Promise<Readonly<Record<string, unknown>>>;
  stats(): Promise<VcsimStats>;
  close(): Promise<void>;
}

/**
 * Starts govmomi's vCenter simulator on a free port of loopback. It ends with this process at the latest.
 * @throws Error where it is not built or does not start
 */
export async function startVcsim(options: VcsimOptions = {}): Promise<Vcsim> {
  if (!existsSync(program)) throw new Error("the vCenter simulator is missing: run npm test once, which builds it");
  const { where, ...sizes } = options;
  const directory = mkdtempSync(join(tmpdir(), "virtloss-vcsim-"));
  const caFile = join(directory, "ca.pem");
  const passwordFile = join(directory, "password");
  writeFileSync(passwordFile, `${PASSWORD}\n`);
  const args = Object.entries(sizes).flatMap(([name, count]) => [`-${name}`, `${count}`]);
  const command = [program, ...args, "-user", USERNAME, "-password", PASSWORD, "-certificate", caFile];
  const [file = program, all] = where ? where.command(...command) : [program, command.slice(1)];
  // Its datastores are folders, which go with ours.
  const child = spawn(file, all, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, TMPDIR: directory } });
  const ended = once(child, "close");
  let complaint = "";
  child.stderr.on("data", (data: Buffer) => {
    complaint += data;
  });
  // Whoever asks one that has ended gets the end of its output for an answer.
  child.stdin.on("error", () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  async function answer(): Promise<Record<string, unknown>> {
    const { value, done } = await lines.next();
    if (done) throw new Error(`the vCenter simulator ended: ${complaint}`);
    const result = JSON.parse(value) as Record<string, unknown>;
    if (typeof result["error"] === "string") throw new Error(result["error"]);
    return result;
  }

  async function close(): Promise<void> {
    child.stdin.end();
    const late = setTimeout(() => child.kill("SIGKILL"), END_MILLIS);
    await ended;
    clearTimeout(late);
    rmSync(directory, { recursive: true, force: true });
  }

  const ask: Vcsim["ask"] = (order) => {
    child.stdin.write(`${JSON.stringify(order)}\n`);
    return answer();
  };
  try {
    const { url } = await answer();
    return {
      ...{ url: String(url), caFile, username: USERNAME, password: PASSWORD, passwordFile, pid: child.pid ?? 0 },
      ...{ ask, close, stats: async () => (await ask({ do: "stats" })) as unknown as VcsimStats },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

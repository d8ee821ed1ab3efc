import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Namespace, run } from "./lab.ts";
import { eventually } from "./servers.ts";

const SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema";
const deafTap = fileURLToPath(new URL("full-tap.mjs", import.meta.url));

/** Open vSwitch of a test's own, with the userspace datapath: its files in a folder, its devices in a namespace. */
export interface OpenVSwitch {
  /** Socket of its database. */
  readonly socket: string;
  vsctl(...args: string[]): Promise<string>;
  /** Sends a bridge an OpenFlow 1.3 command. */
  ofctl(command: string, bridge: string, ...args: string[]): Promise<string>;
  startDatabase(): Promise<void>;
  startSwitch(): Promise<void>;
  /** Ends it as a crash does: its socket stays. */
  killDatabase(): Promise<void>;
  killSwitch(): Promise<void>;
  /** Stops ovs-vswitchd for a while, as a host does that has no CPU for it. */
  freezeSwitch(whilst: () => Promise<unknown>): Promise<void>;
  /** A tap in the namespace that nobody reads from; not yet a port. */
  addDeafTap(device: string): Promise<void>;
  remove(): Promise<void>;
}

async function succeed(command: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(command, args);
  if (code !== 0) throw new Error(`${[command, ...args].join(" ")}: exit ${code}\n${stderr}`);
  return stdout;
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "close");
  child.kill("SIGKILL");
  await ended;
}

/** Creates an empty database; nothing runs yet. @param lacking columns of the schema that it has not */
export async function createOpenVSwitch(
  where: Namespace,
  lacking: readonly (readonly [table: string, column: string])[] = [],
): Promise<OpenVSwitch> {
  const directory = mkdtempSync(join(tmpdir(), "virtloss-ovs-"));
  const socket = join(directory, "db.sock");
  const database = join(directory, "conf.db");
  const environment = ["RUNDIR", "LOGDIR", "DBDIR", "SYSCONFDIR"].map((name) => `OVS_${name}=${directory}`);
  let server: ChildProcess | undefined;
  let daemon: ChildProcess | undefined;
  const taps: ChildProcess[] = [];
  const schema = JSON.parse(readFileSync(SCHEMA, "utf8"));
  for (const [table, column] of lacking) delete schema.tables[table].columns[column];
  writeFileSync(join(directory, "schema"), JSON.stringify(schema));
  await succeed("ovsdb-tool", ["create", database, join(directory, "schema")]);

  function start(...args: string[]): ChildProcess {
    const child = where.spawn(["env", ...environment, ...args, "--pidfile", "--no-chdir", "-vconsole:off"]);
    child.stdout?.resume();
    child.stderr?.resume();
    return child;
  }
  const vsctl = (...args: string[]) => succeed("ovs-vsctl", [`--db=unix:${socket}`, "--timeout=10", ...args]);
  const appctl = (...args: string[]) =>
    succeed("ovs-appctl", ["--timeout=10", "--target", join(directory, `ovs-vswitchd.${daemon?.pid}.ctl`), ...args]);

  return {
    socket,
    vsctl,
    ofctl: (command, bridge, ...args) =>
      succeed("ovs-ofctl", ["-OOpenFlow13", command, `unix:${directory}/${bridge}.mgmt`, ...args]),
    async startDatabase() {
      server = start("ovsdb-server", database, `--remote=punix:${socket}`);
      await eventually("an answer of ovsdb-server", 10, () => vsctl("--no-wait", "init"));
    },
    async startSwitch() {
      daemon = start("ovs-vswitchd", `unix:${socket}`);
      await eventually("an answer of ovs-vswitchd", 10, () => appctl("version"));
    },
    killDatabase: () => end(server),
    killSwitch: () => end(daemon),
    async freezeSwitch(whilst) {
      daemon?.kill("SIGSTOP");
      try {
        await whilst();
      } finally {
        daemon?.kill("SIGCONT");
      }
    },
    async addDeafTap(device) {
      const [command, args] = where.command(process.execPath, deafTap, device);
      const tap = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
      taps.push(tap);
      await Promise.race([once(tap.stdout, "data"), once(tap, "exit")]);
      await where.sh(`ip link set ${device} up`);
    },
    async remove() {
      await Promise.all([...taps, daemon, server].map(end));
      rmSync(directory, { recursive: true });
    },
  };
}

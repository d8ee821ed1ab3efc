import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createNamespace, type Namespace, run } from "../lab.ts";
import { eventually } from "../servers.ts";

const hostScript = fileURLToPath(new URL("host.sh", import.meta.url));

/** Addresses on the bridge: the host itself, the neighbour that sends, the guest's virtio and e1000 NICs. */
export const HOST = "10.77.0.1";
export const NEIGHBOUR = "10.77.0.9";
export const GUEST = "10.77.0.5";
export const GUEST_E1000 = "10.77.1.5";
export const BRIDGE = "br0";

/** A host for virtual machines: network, mounts and name of its own, so that the machine's own libvirt is never touched. */
export interface Hypervisor {
  /** Commands and exporters run in it as on the host. Its processes are seen by the whole machine. */
  readonly host: Namespace;
  /** A machine on the same bridge. */
  readonly neighbour: Namespace;
  /** Files that guests and host leave. */
  readonly directory: string;
  /** Starts libvirtd and waits until it answers. Its machines end with it. */
  startLibvirt(): Promise<void>;
  /** @throws Error with virsh's own words */
  virsh(...args: string[]): Promise<string>;
  remove(): Promise<void>;
}

/** @param directory of the test's own, for sockets, logs and libvirt's state: a short path, because sockets have one */
export async function createHypervisor(directory: string): Promise<Hypervisor> {
  const [network, neighbour] = await Promise.all([createNamespace("kvm"), createNamespace("neighbour")]);
  await network.sh(`
    ip link add ${BRIDGE} type bridge
    ip address add ${HOST}/24 dev ${BRIDGE}; ip address add 10.77.1.1/24 dev ${BRIDGE}; ip link set ${BRIDGE} up
    ip link add uplink master ${BRIDGE} type veth peer name eth0 netns ${neighbour.name}; ip link set uplink up`);
  await neighbour.sh(`ip address add ${NEIGHBOUR}/24 dev eth0; ip link set eth0 up`);

  const ends: (() => Promise<unknown>)[] = [];
  const keeper = startGuarded(network.command("unshare", "--mount", "--uts", "sh", hostScript, directory));
  ends.push(() => end(keeper));
  await firstLine(keeper);
  const host = enteringMounts(network, keeper.pid ?? 0);
  const hypervisor: Hypervisor = {
    host,
    neighbour,
    directory,
    async startLibvirt() {
      const file = (name: string) => join(directory, name);
      const log = openSync(file("libvirtd.log"), "a");
      // A process namespace takes every machine along when it ends. Its first process has to bury what others leave.
      const unshared = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];
      const libvirtd = startGuarded(
        host.command(...unshared, "sh", "-c", 'libvirtd --pid-file "$0" & wait', file("libvirtd.pid")),
        log,
      );
      ends.push(() => end(libvirtd));
      const ended = once(libvirtd, "exit").then(() => Promise.reject(new Error("libvirtd ended")));
      const answer = eventually("an answer of libvirtd", 30, () => hypervisor.virsh("version"));
      await Promise.race([answer, ended]).catch((error: unknown) => {
        throw new Error(`${String(error)}\n${readFileSync(file("libvirtd.log"), "utf8")}`);
      });
    },
    async virsh(...args) {
      const { code, stdout, stderr } = await host.run("virsh", "--connect", "qemu:///system", ...args);
      if (code !== 0) throw new Error(`virsh ${args.join(" ")}: ${stderr}`);
      return stdout;
    },
    async remove() {
      for (const end of ends.splice(0).reverse()) await end();
      await Promise.all([network.remove(), neighbour.remove()]);
    },
  };
  return hypervisor;
}

/** The same namespace, where commands also see the mounts and the name that this process made for itself. */
function enteringMounts(network: Namespace, pid: number): Namespace {
  const command = (...args: string[]): [string, string[]] => [
    "nsenter",
    [`--net=/run/netns/${network.name}`, `--mount=/proc/${pid}/ns/mnt`, `--uts=/proc/${pid}/ns/uts`, ...args],
  ];
  const inside = (...args: string[]) => run(...command(...args));
  return {
    ...network,
    command,
    run: inside,
    async sh(line) {
      const { code, stdout, stderr } = await inside("sh", "-ec", line);
      if (code !== 0) throw new Error(`${line}: exit ${code}\n${stderr}`);
      return stdout;
    },
    spawn: (args) => spawn(...command(...args), { stdio: ["ignore", "pipe", "pipe"] }),
  };
}

/** A process that ends when the tests do, however they end. @param log where its output goes; without one it is a pipe */
export function startGuarded([file, args]: [string, string[]], log?: number): ChildProcess {
  return spawn("setpriv", ["--pdeathsig", "KILL", file, ...args], {
    stdio: ["ignore", log ?? "pipe", log ?? "inherit"],
  });
}

async function firstLine(child: ChildProcess): Promise<void> {
  const failed = once(child, "exit").then(([code]) => Promise.reject(new Error(`exit ${code}`)));
  await Promise.race([child.stdout && once(child.stdout, "data"), failed]);
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

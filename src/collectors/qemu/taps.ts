import { type Host, NotPermittedError } from "../../kernel/host.ts";
import type { QemuNic } from "../../vm/qemu-nics.ts";
import { ifThere } from "../files.ts";
import { tapOfDescriptor } from "./parse.ts";

/** Of a process's descriptors, those that carry packets. */
export interface Descriptors {
  /** Interfaces of taps by descriptor, ascending: one descriptor a queue. */
  readonly taps: ReadonlyMap<number, Tap>;
  /** Whether vhost-net is among them. */
  readonly vhostNet: boolean;
}

export interface Tap {
  readonly device: string;
  /** What a macvtap counts as sent came from the guest; a tap counts the other way round. */
  readonly macvtap: boolean;
}

async function readTap(host: Host, pid: string, fd: number, link: string): Promise<Tap | undefined> {
  if (link.endsWith("/net/tun")) {
    const fdinfo = await ifThere(host.readText(`/proc/${pid}/fdinfo/${fd}`));
    const device = fdinfo === undefined ? undefined : tapOfDescriptor(fdinfo);
    return device === undefined ? undefined : { device, macvtap: false };
  }
  const name = /\/(tap\d+)$/.exec(link)?.[1];
  if (name === undefined) return undefined;
  // /sys/class/macvtap/tap5 → ../../devices/virtual/net/macvtap0/tap5
  const device = (await ifThere(host.readLink(`/sys/class/macvtap/${name}`)))?.split("/").at(-2);
  return device === undefined ? undefined : { device, macvtap: true };
}

/**
 * Some 60 links for one machine, which makes it the dearest of all readings.
 * @returns undefined where the process belongs to somebody else and we lack the privilege
 */
export async function readDescriptors(host: Host, pid: string): Promise<Descriptors | undefined> {
  try {
    const fds = (await host.list(`/proc/${pid}/fd`)).map(Number).sort((a, b) => a - b);
    const links = await Promise.all(fds.map((fd) => ifThere(host.readLink(`/proc/${pid}/fd/${fd}`))));
    const taps = await Promise.all(
      fds.map(async (fd, i) => [fd, await readTap(host, pid, fd, links[i] ?? "")] as const),
    );
    return {
      taps: new Map(taps.flatMap(([fd, tap]) => (tap === undefined ? [] : [[fd, tap] as const]))),
      vhostNet: links.some((link) => link?.endsWith("/vhost-net")),
    };
  } catch (error) {
    if (error instanceof NotPermittedError) return undefined;
    throw error;
  }
}

/** Which NIC of the command line has which tap, and taps that none has: of NICs that were plugged in later. */
export interface ConnectedTaps {
  readonly byNic: ReadonlyMap<QemuNic, Tap>;
  readonly others: readonly Tap[];
}

function namedTap({ backend }: QemuNic, descriptors: Descriptors | undefined): Tap | undefined {
  const byDescriptor = backend.descriptors.map((fd) => descriptors?.taps.get(fd)).find((tap) => tap !== undefined);
  if (byDescriptor) return byDescriptor;
  // A name with a place for a number, `tap%d`, is the kernel's to complete.
  return backend.device === "" || backend.device.includes("%") ? undefined : { device: backend.device, macvtap: false };
}

/** NICs whose tap the command line does not name have theirs in the order in which QEMU opened them. */
export function connectTaps(nics: readonly QemuNic[], descriptors: Descriptors | undefined): ConnectedTaps {
  const byNic = new Map<QemuNic, Tap>();
  for (const nic of nics) {
    const tap = namedTap(nic, descriptors);
    if (tap) byNic.set(nic, tap);
  }
  const open = new Map([...(descriptors?.taps.values() ?? [])].map((tap) => [tap.device, tap]));
  for (const { device } of byNic.values()) open.delete(device);
  const unnamed = nics.filter((nic) => !byNic.has(nic) && /^(tap|bridge)$/.test(nic.backend.type));
  for (const nic of unnamed) {
    const [tap] = open.values();
    if (!tap) break;
    byNic.set(nic, tap);
    open.delete(tap.device);
  }
  return { byNic, others: [...open.values()] };
}

/** Open vSwitch puts all of its ports, whatever their bridge, under this one interface. */
const OVS_MASTER = "ovs-system";

/** The bridge that an interface of our own namespace is a port of; undefined where it is none. */
export async function readBridge(host: Host, device: string): Promise<string | undefined> {
  const master = await ifThere(host.readLink(`/sys/class/net/${device}/master`));
  const name = master?.slice(master.lastIndexOf("/") + 1);
  return name === OVS_MASTER ? undefined : name;
}

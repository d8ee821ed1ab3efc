import { vmNicKind } from "./nic-kind.ts";
import { parseQemuOption, type QemuOption } from "./qemu-options.ts";

/** One virtual NIC as a command line of QEMU describes it. */
export interface QemuNic {
  /** Lower case. QEMU's own choice where nobody gave one. */
  readonly mac: string;
  /** `virtio`, as libvirt calls all of its forms, or QEMU's name of an emulated card; empty where QEMU chose and we cannot tell. */
  readonly model: string;
  readonly backend: QemuBackend;
  /** Queue pairs that the guest may use. */
  readonly queues: number;
}

/** What carries the packets of a NIC. */
export interface QemuBackend {
  /** tap, bridge, vhost-user, vhost-vdpa, user, socket, …; empty for a NIC that is connected to nothing. */
  readonly type: string;
  readonly vhost: boolean;
  /** The tap by name; empty where the kernel or a helper chose it. */
  readonly device: string;
  /** Numbers of the tap's descriptors, which whoever started QEMU handed down. */
  readonly descriptors: readonly number[];
  /** The bridge that a helper connects the tap to. */
  readonly bridge: string;
}

/** An option of the command line and what stood behind it, in order. */
export type QemuArgument = readonly [option: string, value: string];

const unconnected: QemuBackend = { type: "", vhost: false, device: "", descriptors: [], bridge: "" };

function descriptorsOf(netdev: QemuOption): number[] {
  const listed = (netdev.get("fds") ?? netdev.get("fd") ?? "").split(":");
  return listed.filter((fd) => /^\d+$/.test(fd)).map(Number);
}

function queuesOf(netdev: QemuOption): number {
  const told = Number(netdev.get("queues"));
  return told >= 1 ? told : Math.max(descriptorsOf(netdev).length, 1);
}

function backendOf(netdev: QemuOption): QemuBackend {
  const type = netdev.get("type") ?? "";
  // As QEMU reads it: a descriptor of vhost-net turns vhost on unless it is said to be off.
  const vhostByDescriptor = netdev.has("vhostfd") || netdev.has("vhostfds") || netdev.get("vhostforce") === "on";
  return {
    type,
    vhost: type === "tap" && (netdev.has("vhost") ? netdev.get("vhost") === "on" : vhostByDescriptor),
    device: type === "tap" ? (netdev.get("ifname") ?? "") : "",
    descriptors: type === "tap" ? descriptorsOf(netdev) : [],
    bridge: type === "bridge" || netdev.has("helper") ? (netdev.get("br") ?? "br0") : "",
  };
}

function modelOf(name: string): string {
  return /^virtio(-net.*)?$/.test(name) ? "virtio" : name;
}

/** QEMU's card for machines of the PC kind where none is named: an emulated one. */
function defaultModel(program: string, machine: string): string {
  if (!/x86|i386|kvm/.test(program)) return "";
  if (machine.includes("q35")) return "e1000e";
  return machine === "" || /^pc($|-i440fx|\+)/.test(machine) ? "e1000" : "";
}

/** The NIC's side, not yet with a MAC of its own. */
interface Card {
  readonly mac: string;
  readonly model: string;
  readonly netdev: QemuOption | undefined;
  readonly multiqueue: boolean;
}

/** Only NICs name a netdev; those that name none are connected to nothing, and have an address all the same. */
function isNic(device: QemuOption): boolean {
  const driver = device.get("driver") ?? "";
  return device.has("netdev") || driver.startsWith("virtio-net") || vmNicKind(driver) === "emulated";
}

function deviceCards(args: readonly QemuArgument[]): Card[] {
  const netdevs = args.filter(([option]) => option === "netdev").map(([, text]) => parseQemuOption(text, "type"));
  const devices = args.filter(([option]) => option === "device").map(([, text]) => parseQemuOption(text, "driver"));
  return devices.filter(isNic).map((device) => ({
    mac: device.get("mac") ?? "",
    model: modelOf(device.get("driver") ?? ""),
    netdev: netdevs.find((netdev) => netdev.get("id") === device.get("netdev")),
    multiqueue: device.get("mq") === "on",
  }));
}

/** `-nic`, card and backend in one. */
function shortCards(args: readonly QemuArgument[], fallback: string): Card[] {
  return args
    .filter(([option]) => option === "nic")
    .map(([, text]) => parseQemuOption(text, "type"))
    .filter((nic) => nic.get("type") !== "none")
    .map((nic) => ({
      mac: nic.get("mac") ?? nic.get("macaddr") ?? "",
      model: modelOf(nic.get("model") ?? fallback),
      netdev: nic,
      multiqueue: nic.get("mq") === "on",
    }));
}

/** `-net`: cards and backends meet at a hub, so the backend is known where there is just one. */
function hubCards(args: readonly QemuArgument[], fallback: string): Card[] {
  const ends = args.filter(([option]) => option === "net").map(([, text]) => parseQemuOption(text, "type"));
  const backends = ends.filter((end) => !/^(nic|none)$/.test(end.get("type") ?? ""));
  return ends
    .filter((end) => end.get("type") === "nic")
    .map((end) => ({
      mac: end.get("macaddr") ?? "",
      model: modelOf(end.get("model") ?? fallback),
      netdev: backends.length === 1 ? backends[0] : undefined,
      multiqueue: false,
    }));
}

/** QEMU gives 52:54:00:12:34:56 to the first card without an address, and counts on. */
const FIRST_FREE = 0x56;
const OWN_PREFIX = "52:54:00:12:34:";
const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;
/** More than any machine that QEMU makes has room for. */
const MAX_NICS = 128;

function withMacs(cards: readonly Card[]): (readonly [string, Card])[] {
  const taken = new Set<string>();
  return cards.map((card) => {
    const told = card.mac.toLowerCase().replaceAll("-", ":");
    let mac = MAC.test(told) ? told : "";
    for (let last = FIRST_FREE; mac === ""; last++) {
      const free = OWN_PREFIX + last.toString(16).padStart(2, "0");
      if (!taken.has(free)) mac = free;
    }
    taken.add(mac);
    return [mac, card] as const;
  });
}

/**
 * The NICs that QEMU was started with, in the order in which it makes them. Those plugged in later are not among them.
 * @param program name of the program, which tells what hardware it makes
 * @param machine its type; empty where none was given
 */
export function qemuNics(args: readonly QemuArgument[], program: string, machine: string): QemuNic[] {
  const fallback = defaultModel(program, machine);
  const cards = [...shortCards(args, fallback), ...hubCards(args, fallback), ...deviceCards(args)].slice(0, MAX_NICS);
  return withMacs(cards).map(([mac, { model, netdev, multiqueue }]) => ({
    mac,
    model,
    backend: netdev ? backendOf(netdev) : unconnected,
    queues: netdev && multiqueue ? queuesOf(netdev) : 1,
  }));
}

import type { Host } from "../../kernel/host.ts";
import { ifThere } from "../files.ts";
import { statisticsFiles } from "./drops.ts";
import type { NicIdentity } from "./kind.ts";
import { parseCpuMask, parseNumber, subsystemIds } from "./parse.ts";

const NET = "/sys/class/net";

const packetFiles = ["rx_packets", "tx_packets"] as const;

function lastPart(path: string | undefined): string {
  return path?.slice(path.lastIndexOf("/") + 1) ?? "";
}

/**
 * The folder of the device behind an interface, as a path for the kernel to resolve: a virtio device has its PCI function
 * (interrupts, ids) above it.
 */
function busFolder(device: string, bus: string): string {
  return bus === "virtio" ? `${NET}/${device}/device/..` : `${NET}/${device}/device`;
}

export async function readBus(host: Host, device: string): Promise<string> {
  return lastPart(await ifThere(host.readLink(`${NET}/${device}/device/subsystem`)));
}

/** @param ethtoolDriver what ethtool calls the driver; sysfs is asked where it is silent */
export async function readIdentity(
  host: Host,
  device: string,
  bus: string,
  ethtoolDriver: string,
): Promise<NicIdentity> {
  const folder = `${NET}/${device}/device`;
  const [driver, vendor, id, physicalFunction] = await Promise.all([
    ifThere(host.readLink(`${folder}/driver`)),
    ifThere(host.readText(`${folder}/subsystem_vendor`)),
    ifThere(host.readText(`${folder}/subsystem_device`)),
    ifThere(host.readLink(`${folder}/physfn`)),
  ]);
  return {
    driver: ethtoolDriver || lastPart(driver),
    bus,
    subsystem: subsystemIds(vendor ?? "", id ?? ""),
    virtualFunction: physicalFunction !== undefined,
  };
}

/** Numbers of the device's interrupts: MSI vectors where it has them, else its one line. */
export async function readIrqs(host: Host, device: string, bus: string): Promise<readonly string[]> {
  const folder = busFolder(device, bus);
  const vectors = await ifThere(host.list(`${folder}/msi_irqs`));
  if (vectors !== undefined && vectors.length > 0) return vectors;
  const line = (await ifThere(host.readText(`${folder}/irq`)))?.trim() ?? "";
  return line === "" || line === "0" ? [] : [line];
}

export async function readMac(host: Host, device: string): Promise<string> {
  return ((await ifThere(host.readText(`${NET}/${device}/address`))) ?? "").trim().toLowerCase();
}

/** Bytes. */
export async function readMtu(host: Host, device: string): Promise<number | undefined> {
  const file = `${NET}/${device}/mtu`;
  const text = await ifThere(host.readText(file));
  return text === undefined ? undefined : parseNumber(file, text);
}

/** The number by which netlink knows the interface. */
export async function readIndex(host: Host, device: string): Promise<number | undefined> {
  const file = `${NET}/${device}/ifindex`;
  const text = await ifThere(host.readText(file));
  return text === undefined ? undefined : parseNumber(file, text);
}

/** The node that the card's bus belongs to; undefined where the machine has but one, or nobody knows. */
export async function readNumaNode(host: Host, device: string, bus: string): Promise<number | undefined> {
  const file = `${busFolder(device, bus)}/numa_node`;
  const text = await ifThere(host.readText(file));
  const node = text === undefined ? -1 : parseNumber(file, text);
  return node < 0 ? undefined : node;
}

/** Counters by file name, packets and drops; those that the kernel lacks are left out. */
export async function readStatistics(host: Host, device: string): Promise<ReadonlyMap<string, number>> {
  const entries = await Promise.all(
    [...packetFiles, ...statisticsFiles].map(async (name) => {
      const file = `${NET}/${device}/statistics/${name}`;
      const text = await ifThere(host.readText(file));
      return text === undefined ? [] : [[name, parseNumber(file, text)] as const];
    }),
  );
  return new Map(entries.flat());
}

export interface Steering {
  readonly receiveQueues: number;
  readonly transmitQueues: number;
  /** CPUs in the masks of all queues together; undefined where no queue has one (a single transmit queue has no XPS). */
  readonly rpsCpus: number | undefined;
  readonly xpsCpus: number | undefined;
}

async function unionOfMasks(host: Host, files: readonly string[]): Promise<number | undefined> {
  const masks = await Promise.all(files.map((file) => ifThere(host.readText(file))));
  const cpus = masks.map((mask, i) => (mask === undefined ? undefined : parseCpuMask(files[i] ?? "", mask)));
  const readable = cpus.filter((list) => list !== undefined);
  return readable.length === 0 ? undefined : new Set(readable.flat()).size;
}

export async function readSteering(host: Host, device: string): Promise<Steering> {
  const queues = (await ifThere(host.list(`${NET}/${device}/queues`))) ?? [];
  const receive = queues.filter((queue) => queue.startsWith("rx-"));
  const transmit = queues.filter((queue) => queue.startsWith("tx-"));
  const [rpsCpus, xpsCpus] = await Promise.all([
    unionOfMasks(
      host,
      receive.map((queue) => `${NET}/${device}/queues/${queue}/rps_cpus`),
    ),
    unionOfMasks(
      host,
      transmit.map((queue) => `${NET}/${device}/queues/${queue}/xps_cpus`),
    ),
  ]);
  return { receiveQueues: receive.length, transmitQueues: transmit.length, rpsCpus, xpsCpus };
}

import type { Host } from "../../kernel/host.ts";
import { ifThere } from "../files.ts";
import { type DeviceCounters, parseNetDev } from "./parse.ts";
import type { QemuProcess } from "./process.ts";

/** Counters by the namespace as QemuProcess.network names it, then by interface. */
export type NetworkCounters = ReadonlyMap<string, ReadonlyMap<string, DeviceCounters>>;

/** One reading for all taps of a namespace, so for nearly all machines of a host. */
export async function readNetworks(host: Host, processes: readonly QemuProcess[]): Promise<NetworkCounters> {
  const wanted = new Map<string, Set<string>>();
  for (const { network, taps } of processes) {
    const devices = wanted.get(network) ?? new Set();
    for (const { device } of taps.byNic.values()) devices.add(device);
    wanted.set(network, devices);
  }
  const counters = new Map<string, ReadonlyMap<string, DeviceCounters>>();
  for (const [network, devices] of wanted) {
    if (devices.size === 0) continue;
    const text = await ifThere(host.readText(`/proc/${network}/net/dev`));
    if (text !== undefined) counters.set(network, parseNetDev(text, devices));
  }
  return counters;
}

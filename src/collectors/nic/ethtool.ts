import type { Host } from "../../kernel/host.ts";
import { ifThere } from "../files.ts";
import type { DriverCounter } from "./drops.ts";
import { legacyOffloads, type Offload, offloadsOf } from "./offloads.ts";
import * as structs from "./structs.ts";

type Capacity = structs.Capacity;

/** Empty where the driver does not say. */
export async function askDriver(host: Host, device: string): Promise<string> {
  const answer = await ifThere(host.ethtool(device, structs.driverRequest()));
  return answer === undefined ? "" : structs.parseDriver(answer);
}

/** Undefined where the driver has no such command (e1000): its queues are then counted in sysfs. */
export async function askChannels(host: Host, device: string): Promise<structs.Channels | undefined> {
  const answer = await ifThere(host.ethtool(device, structs.channelsRequest()));
  return answer === undefined ? undefined : structs.parseChannels(answer);
}

export async function askRings(
  host: Host,
  device: string,
): Promise<{ readonly receive: Capacity; readonly transmit: Capacity } | undefined> {
  const answer = await ifThere(host.ethtool(device, structs.ringRequest()));
  return answer === undefined ? undefined : structs.parseRings(answer);
}

async function askStrings(host: Host, device: string, set: number): Promise<readonly string[]> {
  const info = await ifThere(host.ethtool(device, structs.stringCountRequest(set)));
  const count = info === undefined ? 0 : structs.parseStringCount(info);
  if (count === 0) return [];
  const answer = await ifThere(host.ethtool(device, structs.stringsRequest(set, count)));
  return answer === undefined ? [] : structs.parseStrings(answer);
}

async function askLegacyOffloads(host: Host, device: string): Promise<Offload[]> {
  const offloads: Offload[] = [];
  for (const { offload, command, bit } of legacyOffloads) {
    const answer = await ifThere(host.ethtool(device, structs.valueRequest(command)));
    if (answer !== undefined) offloads.push({ offload, enabled: ((structs.parseValue(answer) >>> bit) & 1) === 1 });
  }
  return offloads;
}

export async function askOffloads(host: Host, device: string): Promise<readonly Offload[]> {
  const names = await askStrings(host, device, structs.stringSets.features);
  if (names.length === 0) return askLegacyOffloads(host, device);
  const answer = await ifThere(host.ethtool(device, structs.featuresRequest(names.length)));
  if (answer === undefined) return askLegacyOffloads(host, device);
  return offloadsOf(names, structs.parseActiveFeatures(answer, names));
}

/** The driver's own counters, in the driver's order. */
export async function askStatistics(host: Host, device: string): Promise<readonly DriverCounter[]> {
  const names = await askStrings(host, device, structs.stringSets.statistics);
  if (names.length === 0) return [];
  const answer = await ifThere(host.ethtool(device, structs.statisticsRequest(names.length)));
  const values = answer === undefined ? [] : structs.parseStatistics(answer);
  // A driver that gained or lost queues between the two calls would pair names with the wrong values.
  if (values.length !== names.length) return [];
  return names.map((name, i) => ({ name, value: values[i] ?? 0 }));
}

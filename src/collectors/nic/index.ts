import { type Host, SourceAbsentError } from "../../kernel/host.ts";
import type { Sample } from "../../metrics/define.ts";
import { defineCollector } from "../collector.ts";
import { collectDevice } from "./device.ts";
import { nicMetrics as m } from "./metrics.ts";
import { isReported, nicOptions } from "./options.ts";
import { type InterruptRow, parseInterrupts } from "./parse.ts";
import { ifThere } from "./sysfs.ts";

const NET = "/sys/class/net";

/** Names of the machine's interfaces; other entries of the folder (bonding_masters) are files, not links. */
async function listInterfaces(host: Host): Promise<readonly string[]> {
  const names = await host.list(NET);
  const links = await Promise.all(names.map((name) => ifThere(host.readLink(`${NET}/${name}`))));
  return names.filter((_, i) => links[i] !== undefined);
}

/** A vNIC that was unplugged between two reads has no samples; the others are complete. */
async function collectUnlessGone(host: Host, device: string, interrupts: readonly InterruptRow[]): Promise<Sample[]> {
  try {
    return await collectDevice(host, device, interrupts);
  } catch (error) {
    if (error instanceof SourceAbsentError) return [];
    throw error;
  }
}

export const nic = defineCollector({
  name: "nic",
  options: nicOptions,
  metrics: m,
  async collect(host, options) {
    const devices = (await listInterfaces(host)).filter((device) => isReported(device, options));
    if (devices.length === 0) throw new SourceAbsentError("no interface to report: all are excluded by name");
    const text = await ifThere(host.readText("/proc/interrupts"));
    const interrupts = text === undefined ? [] : parseInterrupts(text);
    return (await Promise.all(devices.map((device) => collectUnlessGone(host, device, interrupts)))).flat();
  },
});

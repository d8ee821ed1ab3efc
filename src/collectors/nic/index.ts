import { type Host, SourceAbsentError } from "../../kernel/host.ts";
import type { Sample } from "../../metrics/define.ts";
import { defineCollector } from "../collector.ts";
import { isReported } from "../interface-choice.ts";
import { collectDevice } from "./device.ts";
import { nicMetrics as m } from "./metrics.ts";
import type { NicOptions } from "./options.ts";
import { type InterruptRow, parseInterrupts } from "./parse.ts";
import { ifThere } from "./sysfs.ts";

const NET = "/sys/class/net";

/** Names of the machine's interfaces; other entries of the folder (bonding_masters) are files, not links. */
async function listInterfaces(host: Host): Promise<readonly string[]> {
  const names = await host.list(NET);
  const links = await Promise.all(names.map((name) => ifThere(host.readLink(`${NET}/${name}`))));
  return names.filter((_, i) => links[i] !== undefined);
}

/** What one interface had to say; an error where it could not be read although it is there. */
type DeviceOutcome = readonly Sample[] | Error;

/** A vNIC that was unplugged between two reads has no samples, and that is no error. */
async function outcomeOf(host: Host, device: string, interrupts: readonly InterruptRow[]): Promise<DeviceOutcome> {
  try {
    return await collectDevice(host, device, interrupts);
  } catch (error) {
    if (error instanceof SourceAbsentError) return [];
    return error instanceof Error ? error : new Error(String(error));
  }
}

export const nic = defineCollector({
  name: "nic",
  metrics: m,
  async collect(host, options: NicOptions, _signal, note) {
    const devices = (await listInterfaces(host)).filter((device) => isReported(device, options));
    if (devices.length === 0) throw new SourceAbsentError("no interface to report: all are excluded by name");
    const text = await ifThere(host.readText("/proc/interrupts"));
    const interrupts = text === undefined ? [] : parseInterrupts(text);
    const outcomes = await Promise.all(devices.map((device) => outcomeOf(host, device, interrupts)));
    const samples = outcomes.flatMap((outcome) => (outcome instanceof Error ? [] : outcome));
    // One interface with a strange driver must not hide the others; only when nothing is left has the collector failed.
    for (const [i, outcome] of outcomes.entries()) {
      if (!(outcome instanceof Error)) continue;
      if (samples.length === 0) throw outcome;
      note(`${devices[i]}: ${outcome.message}`);
    }
    return samples;
  },
});

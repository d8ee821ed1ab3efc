import { type Host, SourceAbsentError } from "../../kernel/host.ts";
import type { Sample } from "../../metrics/define.ts";
import { defineCollector, type Note } from "../collector.ts";
import { ifThere } from "../files.ts";
import { isReported } from "../interface-choice.ts";
import { collectDevice, type MachineWide } from "./device.ts";
import { nicMetrics as m } from "./metrics.ts";
import type { NicOptions } from "./options.ts";
import { parseInterrupts } from "./parse.ts";
import { askQueueStatistics } from "./queue-statistics.ts";

const NET = "/sys/class/net";

/** Names of the machine's interfaces; other entries of the folder (bonding_masters) are files, not links. */
async function listInterfaces(host: Host): Promise<readonly string[]> {
  const names = await host.list(NET);
  const links = await Promise.all(names.map((name) => ifThere(host.readLink(`${NET}/${name}`))));
  return names.filter((_, i) => links[i] !== undefined);
}

async function readMachineWide(host: Host, signal: AbortSignal, note: Note): Promise<MachineWide> {
  const [text, queues] = await Promise.all([
    ifThere(host.readText("/proc/interrupts")),
    askQueueStatistics(host, signal).catch((error: unknown) => {
      note(`packets of queues: ${error instanceof Error ? error.message : String(error)}`);
      return new Map();
    }),
  ]);
  return { interrupts: text === undefined ? [] : parseInterrupts(text), queues };
}

/** What one interface had to say; an error where it could not be read although it is there. */
type DeviceOutcome = readonly Sample[] | Error;

/** A vNIC that was unplugged between two reads has no samples, and that is no error. */
async function outcomeOf(host: Host, device: string, machine: MachineWide): Promise<DeviceOutcome> {
  try {
    return await collectDevice(host, device, machine);
  } catch (error) {
    if (error instanceof SourceAbsentError) return [];
    return error instanceof Error ? error : new Error(String(error));
  }
}

export const nic = defineCollector({
  name: "nic",
  metrics: m,
  async collect(host, options: NicOptions, signal, note) {
    const devices = (await listInterfaces(host)).filter((device) => isReported(device, options));
    if (devices.length === 0) throw new SourceAbsentError("no interface to report: all are excluded by name");
    const machine = await readMachineWide(host, signal, note);
    const outcomes = await Promise.all(devices.map((device) => outcomeOf(host, device, machine)));
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

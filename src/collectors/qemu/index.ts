import { setImmediate as turn } from "node:timers/promises";
import { type Host, SourceAbsentError } from "../../kernel/host.ts";
import { type AnySample, sample } from "../../metrics/define.ts";
import { vmMetrics } from "../../vm/metrics.ts";
import { vmSamples } from "../../vm/samples.ts";
import { defineSource, type Note } from "../collector.ts";
import { countOnlineCpus, ifThere, readHostName } from "../files.ts";
import { trackProcesses } from "../qemu-processes.ts";
import { machineOf } from "./machine.ts";
import { qemuMetrics as m } from "./metrics.ts";
import { readNetworks } from "./network.ts";
import { notesOn } from "./notes.ts";
import { readNodes } from "./placement.ts";
import { type QemuProcess, readProcess, type Surroundings } from "./process.ts";
import { readMachineTimes } from "./threads.ts";

/** Two processes with one name and UUID, during a migration within the host: one series, of the one that was there first. */
function distinct(processes: readonly QemuProcess[]): QemuProcess[] {
  const machines = new Map<string, QemuProcess>();
  for (const process of [...processes].sort((a, b) => Number(a.startTicks) - Number(b.startTicks))) {
    const { name, uuid } = process.commandLine;
    const key = name === "" && uuid === "" ? `pid ${process.pid}` : `${name} ${uuid}`;
    if (!machines.has(key)) machines.set(key, process);
  }
  return [...machines.values()];
}

async function samplesOf(
  host: Host,
  processes: readonly QemuProcess[],
  nodes: ReadonlyMap<number, number>,
  signal: AbortSignal,
): Promise<AnySample[]> {
  const hostName = await readHostName(host);
  const networks = await readNetworks(host, processes);
  const samples: AnySample[] = [];
  for (const process of processes) {
    signal.throwIfAborted();
    const times = await readMachineTimes(host, process.threads, nodes);
    const counters = networks.get(process.network) ?? new Map();
    samples.push(...vmSamples(machineOf(process, { hostName, times, counters }), "libvirt"));
  }
  return [...samples, sample(vmMetrics.hostCpus, { host: hostName }, await countOnlineCpus(host))];
}

function processSamples(processes: readonly QemuProcess[]): AnySample[] {
  const readable = processes.filter(({ descriptors }) => descriptors !== undefined).length;
  return [
    sample(m.processes, { readable: "yes" }, readable),
    sample(m.processes, { readable: "no" }, processes.length - readable),
  ];
}

export const qemu = defineSource({
  name: "qemu",
  metrics: m,
  polling: () => ({ seconds: 5 }),
  open(host) {
    const find = trackProcesses(host);
    let known = new Map<string, QemuProcess>();
    let round = 0;

    /** One after the other: thousands of small files at once would keep scrapes from reading theirs. */
    async function readProcesses(pids: readonly string[], around: Surroundings, signal: AbortSignal, note: Note) {
      const now = new Map<string, QemuProcess>();
      for (const pid of pids) {
        await turn();
        signal.throwIfAborted();
        try {
          const process = await ifThere(readProcess(host, pid, known.get(pid), around));
          if (process) now.set(pid, process);
        } catch (error) {
          // One strange process must not hide the others.
          note(`process ${pid}: ${error instanceof Error ? error.message : error}`);
        }
      }
      known = now;
      return [...now.values()];
    }

    return {
      async read(signal: AbortSignal, note: Note) {
        round += 1;
        const { qemu: pids, vhost } = await find(round);
        if (pids.length === 0) {
          known.clear();
          throw new SourceAbsentError("no process of QEMU runs here");
        }
        const [nodes, onlineCpus] = await Promise.all([readNodes(host), countOnlineCpus(host)]);
        const around = { round, vhost, onlineCpus, severalNodes: nodes.size > 0 };
        const processes = await readProcesses(pids, around, signal, note);
        if (processes.length === 0) throw new SourceAbsentError("no process of QEMU runs a machine here");
        const machines = distinct(processes);
        for (const text of notesOn(processes, machines)) note(text);
        return [...processSamples(processes), ...(await samplesOf(host, machines, nodes, signal))];
      },
      close() {
        known.clear();
      },
    };
  },
});

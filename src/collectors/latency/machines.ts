import type { BpfPrograms } from "../../kernel/bpf/tracing.ts";
import type { Host } from "../../kernel/host.ts";
import { type HistogramSample, histogramSample } from "../../metrics/define.ts";
import type { Note } from "../collector.ts";
import { HISTOGRAM_WORDS } from "./histogram-program.ts";
import { latencyMetrics as m } from "./metrics.ts";
import { histogramOf } from "./parse.ts";
import { MAX_THREADS, measureScheduling, type SchedulingLatency } from "./scheduling.ts";
import { type MachineThread, trackThreads } from "./threads.ts";

/** Follows the machines as they come and go; while there is none, nothing hangs in the scheduler. */
export interface MachineWatch {
  /** @throws SourceAbsentError, NotPermittedError */
  read(note: Note): Promise<HistogramSample[]>;
  close(): void;
}

interface Measuring {
  readonly programs: BpfPrograms;
  readonly latency: SchedulingLatency;
  readonly watched: Map<number, MachineThread>;
}

export function watchMachines(host: Host): MachineWatch {
  const findThreads = trackThreads(host);
  let measuring: Measuring | undefined;
  let closed = false;

  function stop(): void {
    measuring?.programs.close();
    measuring = undefined;
  }

  async function start(): Promise<Measuring> {
    const types = await host.tracing.types();
    const programs = host.tracing.openPrograms();
    try {
      if (closed) throw new Error("it was closed while it was being opened");
      return { programs, latency: measureScheduling(programs, types), watched: new Map() };
    } catch (error) {
      programs.close();
      throw error;
    }
  }

  return {
    async read(note) {
      const threads = await findThreads();
      if (threads.length === 0) {
        stop();
        return [];
      }
      measuring ??= await start();
      const left = follow(threads, measuring);
      if (left > 0) note(`${left} threads of machines are not watched: there are more than ${MAX_THREADS}`);
      return samplesOf(measuring);
    },
    close() {
      closed = true;
      stop();
    },
  };
}

function sameWork(a: MachineThread | undefined, b: MachineThread): boolean {
  return a !== undefined && a.role === b.role && a.vm === b.vm && a.vmUuid === b.vmUuid;
}

/** Forgets threads that ended, or whose number another one has now, and watches new ones. @returns how many found no room */
function follow(threads: readonly MachineThread[], { latency, watched }: Measuring): number {
  const now = new Map(threads.map((thread) => [thread.threadId, thread]));
  for (const [threadId, thread] of watched) {
    if (sameWork(now.get(threadId), thread)) continue;
    latency.forget(threadId);
    watched.delete(threadId);
  }
  const fresh = threads.filter(({ threadId }) => !watched.has(threadId));
  const taken = fresh.filter(({ threadId }) => latency.watch(threadId));
  for (const thread of taken) watched.set(thread.threadId, thread);
  return fresh.length - taken.length;
}

/** Threads of one machine that do the same, as those of vhost, are one series. */
function samplesOf({ latency, watched }: Measuring): HistogramSample[] {
  const sums = new Map<string, { readonly thread: MachineThread; readonly words: Float64Array }>();
  for (const thread of watched.values()) {
    const words = latency.read(thread.threadId);
    if (words === undefined) continue;
    const key = JSON.stringify([thread.vm, thread.vmUuid, thread.role]);
    const sum = sums.get(key)?.words ?? new Float64Array(HISTOGRAM_WORDS);
    sums.set(key, { thread, words: sum.map((word, i) => word + (words[i] ?? 0)) });
  }
  return [...sums.values()].map(({ thread: { vm, vmUuid, role }, words }) => {
    const { counts, sumSeconds } = histogramOf(words);
    return histogramSample(m.scheduling, { vm, vm_uuid: vmUuid, thread: role }, counts, sumSeconds);
  });
}

import type { BpfPrograms } from "../../kernel/bpf/tracing.ts";
import type { Host } from "../../kernel/host.ts";
import type { AnySample } from "../../metrics/define.ts";
import { defineSource } from "../collector.ts";
import { keepOpen } from "../kept-open.ts";
import { watchMachines } from "./machines.ts";
import { latencyMetrics } from "./metrics.ts";
import type { LatencyOptions } from "./options.ts";
import { countPolls } from "./polls.ts";
import { measureSoftirqs } from "./softirq.ts";

interface Measuring {
  read(): AnySample[];
  close(): void;
}

/** What is measured for the whole machine, whatever runs on it. */
async function measureKernel(host: Host, { softirq, polls }: LatencyOptions): Promise<Measuring> {
  const types = polls ? await host.tracing.types() : undefined;
  const programs: BpfPrograms = host.tracing.openPrograms();
  try {
    const readers = [...(softirq ? [measureSoftirqs(programs)] : []), ...(types ? [countPolls(programs, types)] : [])];
    return { read: () => readers.flatMap((read) => read()), close: () => programs.close() };
  } catch (error) {
    programs.close();
    throw error;
  }
}

export const latency = defineSource({
  name: "latency",
  metrics: latencyMetrics,
  polling: () => ({ seconds: 10 }),
  open(host, options: LatencyOptions) {
    const kernel = keepOpen(() => measureKernel(host, options));
    const machines = watchMachines(host);
    return {
      async read(_signal, note) {
        const { read } = await kernel.get();
        const ofMachines = options.scheduling ? await machines.read(note) : [];
        return [...read(), ...ofMachines];
      },
      close() {
        kernel.close();
        machines.close();
      },
    };
  },
});

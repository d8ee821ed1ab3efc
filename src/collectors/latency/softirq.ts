import {
  argument,
  type Instruction,
  jumpIf,
  label,
  leave,
  load,
  lookup,
  monotonicNanos,
  move,
  store,
} from "../../kernel/bpf/instructions.ts";
import type { BpfPrograms } from "../../kernel/bpf/tracing.ts";
import { type AnySample, histogramSample } from "../../metrics/define.ts";
import { endOfWait, HISTOGRAM_WORDS, SINCE } from "./histogram-program.ts";
import { latencyMetrics as m } from "./metrics.ts";
import { histogramOf } from "./parse.ts";

/** NET_RX_SOFTIRQ of include/linux/interrupt.h, the same in every version. */
const NET_RX = 3;
const KEY = -4;

/** r6 = this CPU's histogram, or the program ends for other softirqs. */
function histogramOfCpu(map: number): Instruction[] {
  return [
    argument("r6", 0),
    move("r6", "r6", 32),
    jumpIf("r6", "!=", NET_RX, "end"),
    store("fp", KEY, 0, 4),
    ...lookup(map, KEY),
    jumpIf("r0", "==", 0, "end"),
    move("r6", "r0"),
    load("r7", "r6", SINCE),
  ];
}

/** softirq_raise: a wait begins with the first request; those that follow before the softirq runs ask for the same. */
const requested = (map: number): Instruction[] => [
  ...histogramOfCpu(map),
  jumpIf("r7", "!=", 0, "end"),
  monotonicNanos(),
  store("r6", SINCE, "r0"),
  label("end"),
  ...leave(),
];

/** softirq_entry: it ends. */
const began = (map: number): Instruction[] => [
  ...histogramOfCpu(map),
  jumpIf("r7", "==", 0, "end"),
  ...endOfWait(),
  label("end"),
  ...leave(),
];

/** Measures from now on. @throws SourceAbsentError, NotPermittedError */
export function measureSoftirqs(programs: BpfPrograms): () => AnySample[] {
  const map = programs.createMap({ kind: "per-cpu", keyBytes: 4, words: HISTOGRAM_WORDS, entries: 1 });
  programs.attach(began(map.descriptor), { tracepoint: "softirq_entry" });
  programs.attach(requested(map.descriptor), { tracepoint: "softirq_raise" });
  const key = new Uint8Array(4);
  return () =>
    (map.read(key) ?? []).map(({ cpu, words }) => {
      const { counts, sumSeconds } = histogramOf(words);
      return histogramSample(m.softirq, { cpu: String(cpu) }, counts, sumSeconds);
    });
}

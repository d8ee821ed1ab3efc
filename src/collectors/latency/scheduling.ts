import type { KernelTypes } from "../../kernel/bpf/btf.ts";
import {
  argument,
  compute,
  type Instruction,
  jump,
  jumpIf,
  label,
  leave,
  load,
  lookup,
  monotonicNanos,
  move,
  type Register,
  store,
} from "../../kernel/bpf/instructions.ts";
import type { BpfPrograms } from "../../kernel/bpf/tracing.ts";
import { SourceAbsentError } from "../../kernel/host.ts";
import { endOfWait, HISTOGRAM_WORDS, SINCE } from "./histogram-program.ts";
import { argumentPlaces } from "./types.ts";

/** Threads beyond the first so many are not watched; a histogram takes 168 bytes. */
export const MAX_THREADS = 4096;
const KEY = -4;
const PREEMPTED = 1;

/** Histograms of the threads that are watched, by their numbers in the machine's own namespace of processes. */
export interface SchedulingLatency {
  /** @returns false where too many are watched */
  watch(threadId: number): boolean;
  forget(threadId: number): void;
  /** Words of `histogram-program.ts`; undefined for a thread that is not watched. */
  read(threadId: number): Float64Array | undefined;
}

/** How to read a thread's number and whether it could go on, in this kernel. */
interface TaskPlaces {
  readonly pid: number;
  /** Since Linux 5.18 an argument of its own. */
  readonly stateArgument: number | undefined;
  readonly stateMember: number | undefined;
}

/** r0 = histogram of the thread whose task_struct is in `task`, or 0 */
function histogramOfTask(map: number, task: Register, { pid }: TaskPlaces): Instruction[] {
  return [load("r1", task, pid, 4), store("fp", KEY, "r1", 4), ...lookup(map, KEY)];
}

/** sched_wakeup: the wait begins, unless it has. */
function wokenUp(map: number, task: number, places: TaskPlaces): Instruction[] {
  return [
    argument("r6", task),
    ...histogramOfTask(map, "r6", places),
    jumpIf("r0", "==", 0, "end"),
    move("r6", "r0"),
    load("r1", "r6", SINCE),
    jumpIf("r1", "!=", 0, "end"),
    monotonicNanos(),
    store("r6", SINCE, "r0"),
    label("end"),
    ...leave(),
  ];
}

interface SwitchArguments {
  readonly preempt: number;
  readonly prev: number;
  readonly next: number;
}

/** sched_switch: one thread sleeps, or waits from now on if it could go on; another has waited. r9 keeps the context. */
function switched(map: number, { preempt, prev, next }: SwitchArguments, places: TaskPlaces): Instruction[] {
  const { stateArgument, stateMember } = places;
  return [
    move("r9", "r1"),
    argument("r6", prev, "r9"),
    ...histogramOfTask(map, "r6", places),
    jumpIf("r0", "==", 0, "next"),
    move("r7", "r0"),
    argument("r1", preempt, "r9"),
    compute("and", "r1", PREEMPTED),
    jumpIf("r1", "!=", 0, "runnable"),
    stateArgument === undefined ? load("r1", "r6", stateMember ?? 0, 4) : argument("r1", stateArgument, "r9"),
    move("r1", "r1", 32),
    jumpIf("r1", "==", 0, "runnable"),
    store("r7", SINCE, 0),
    jump("next"),
    label("runnable"),
    monotonicNanos(),
    store("r7", SINCE, "r0"),
    label("next"),
    argument("r6", next, "r9"),
    ...histogramOfTask(map, "r6", places),
    jumpIf("r0", "==", 0, "end"),
    move("r6", "r0"),
    load("r7", "r6", SINCE),
    jumpIf("r7", "==", 0, "end"),
    ...endOfWait(),
    label("end"),
    ...leave(),
  ];
}

/** Measures from now on. @throws SourceAbsentError, NotPermittedError */
export function measureScheduling(programs: BpfPrograms, types: KernelTypes): SchedulingLatency {
  const wakeup = argumentPlaces(types, "sched_wakeup", "p");
  const change = argumentPlaces(types, "sched_switch", "preempt", "prev", "next");
  const places = taskPlaces(types);
  const map = programs.createMap({ kind: "hash", keyBytes: 4, words: HISTOGRAM_WORDS, entries: MAX_THREADS });
  const { descriptor } = map;
  programs.attach(switched(descriptor, change, places), { tracepoint: "sched_switch", typeId: change.typeId });
  programs.attach(wokenUp(descriptor, wakeup.p, places), { tracepoint: "sched_wakeup", typeId: wakeup.typeId });
  const nothing = Array.from({ length: HISTOGRAM_WORDS }, () => 0n);
  return {
    watch: (threadId) => map.write(keyOf(threadId), nothing),
    forget: (threadId) => map.remove(keyOf(threadId)),
    read: (threadId) => map.read(keyOf(threadId))?.[0]?.words,
  };
}

/** @throws SourceAbsentError */
function taskPlaces(types: KernelTypes): TaskPlaces {
  const pid = types.offsetOf("task_struct", "pid");
  const stateArgument = types.tracepoint("sched_switch")?.arguments.indexOf("prev_state") ?? -1;
  const stateMember = types.offsetOf("task_struct", "__state") ?? types.offsetOf("task_struct", "state");
  if (pid === undefined || (stateArgument < 0 && stateMember === undefined)) {
    throw new SourceAbsentError("expected pid and state of task_struct in the kernel's types, found other names");
  }
  return { pid, stateArgument: stateArgument < 0 ? undefined : stateArgument, stateMember };
}

function keyOf(threadId: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(threadId).buffer);
}

import type { KernelTypes } from "../../kernel/bpf/btf.ts";
import {
  argument,
  countKey,
  type Instruction,
  jumpIf,
  label,
  leave,
  load,
  move,
  store,
} from "../../kernel/bpf/instructions.ts";
import { type BpfPrograms, sumOverCpus } from "../../kernel/bpf/tracing.ts";
import { SourceAbsentError } from "../../kernel/host.ts";
import { type AnySample, sample } from "../../metrics/define.ts";
import { latencyMetrics as m } from "./metrics.ts";
import { deviceName } from "./parse.ts";
import { argumentPlaces } from "./types.ts";

const TRACEPOINT = "napi_poll";
/** Interfaces beyond the first so many are not counted: each stays until the exporter ends. */
const MAX_DEVICES = 1024;
const NAME_BYTES = 16;
const KEY = -NAME_BYTES;
const ONE = KEY - 8;

interface PollPlaces {
  readonly napi: number;
  readonly work: number;
  readonly budget: number;
  readonly device: number;
  readonly name: number;
}

/** Counts a poll that did all it was allowed to, by its interface's name. */
function countFullPolls(map: number, places: PollPlaces): Instruction[] {
  return [
    argument("r6", places.napi),
    argument("r7", places.work),
    argument("r8", places.budget),
    move("r7", "r7", 32),
    move("r8", "r8", 32),
    // netpoll asks for nothing but to clean up.
    jumpIf("r8", "==", 0, "end"),
    jumpIf("r7", "<", "r8", "end"),
    load("r6", "r6", places.device),
    // Of no device, which the backlog has, the name reads as zeros.
    load("r7", "r6", places.name),
    load("r8", "r6", places.name + 8),
    store("fp", KEY, "r7"),
    store("fp", KEY + 8, "r8"),
    ...countKey(map, KEY, ONE),
    label("end"),
    ...leave(),
  ];
}

/** Counts from now on. @throws SourceAbsentError, NotPermittedError */
export function countPolls(programs: BpfPrograms, types: KernelTypes): () => AnySample[] {
  const { typeId, napi, work, budget } = argumentPlaces(types, TRACEPOINT, "napi", "work", "budget");
  const device = types.offsetOf("napi_struct", "dev");
  const name = types.offsetOf("net_device", "name");
  if (device === undefined || name === undefined) {
    throw new SourceAbsentError(
      "expected napi_struct.dev and net_device.name in the kernel's types, found other names",
    );
  }
  const map = programs.createMap({ kind: "per-cpu-hash", keyBytes: NAME_BYTES, words: 1, entries: MAX_DEVICES });
  const program = countFullPolls(map.descriptor, { napi, work, budget, device, name });
  programs.attach(program, { tracepoint: TRACEPOINT, typeId });
  return () =>
    map.keys().flatMap((key) => {
      const [count] = sumOverCpus(map.read(key) ?? []);
      return count === undefined ? [] : [sample(m.budgetExhausted, { device: deviceName(key) }, count)];
    });
}

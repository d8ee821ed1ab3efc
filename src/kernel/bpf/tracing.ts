import type { KernelTypes } from "./btf.ts";
import type { Instruction } from "./instructions.ts";

/** What this process may hang into the kernel to count and to measure there. */
export interface Tracing {
  /**
   * Begins a set of programs. Nothing is asked of the kernel yet.
   * @throws SourceAbsentError on machines that we have no numbers of system calls for
   */
  openPrograms(): BpfPrograms;
  /**
   * Counts how often the tracepoint fires with each of `filters` true, in the kernel's language for filters; without BPF.
   * @param tracepoint its number in tracefs
   * @throws SourceAbsentError, NotPermittedError
   */
  openCounters(tracepoint: number, filters: readonly string[]): EventCounters;
  /** The kernel's own types; a module's only where they are asked for by its name. @throws SourceAbsentError, NotPermittedError, ParseError */
  types(module?: string): Promise<KernelTypes>;
}

/** Programs with their maps: they live until `close`, or until this process ends in whatever way. */
export interface BpfPrograms {
  /** @throws SourceAbsentError, NotPermittedError */
  createMap(shape: MapShape): BpfMap;
  /**
   * Checks a program, loads it and hangs it to a tracepoint.
   * @param program its instructions
   * @throws SourceAbsentError where the kernel has no such tracepoint, NotPermittedError; Error with what the kernel's checker says
   */
  attach(program: readonly Instruction[], to: AttachTo): void;
  close(): void;
}

export interface AttachTo {
  readonly tracepoint: string;
  /** From its `TracepointType`: lets the program follow pointers of the arguments. */
  readonly typeId?: number;
}

export interface MapShape {
  /** `per-cpu`: one entry with a value for each CPU. */
  readonly kind: "per-cpu" | "hash" | "per-cpu-hash";
  /** A multiple of 4; 4 for `per-cpu`. */
  readonly keyBytes: number;
  /** 64-bit numbers in a value. */
  readonly words: number;
  readonly entries: number;
}

/** Values are unsigned 64-bit numbers; above 2^53 they lose their lowest bits here, which rates do not feel. */
export interface BpfMap {
  /** What programs name it by. */
  readonly descriptor: number;
  /** The value of each CPU that has one, or the only value; undefined where there is no such key. */
  read(key: Uint8Array): readonly CpuValue[] | undefined;
  /** Keys that are there now. */
  keys(): Uint8Array[];
  /** Of a map that is not per CPU. @returns false where it is full */
  write(key: Uint8Array, words: readonly bigint[]): boolean;
  remove(key: Uint8Array): void;
}

export interface CpuValue {
  /** 0 where the map is not per CPU. */
  readonly cpu: number;
  readonly words: Float64Array;
}

export interface EventCounters {
  /** Events so far on all CPUs, in the order of the filters. */
  read(): number[];
  close(): void;
}

/** Values of all CPUs added up. */
export function sumOverCpus(values: readonly CpuValue[]): Float64Array {
  const sum = new Float64Array(values[0]?.words.length ?? 0);
  for (const { words } of values)
    for (let i = 0; i < words.length; i++) sum[i] = (sum[i] as number) + (words[i] as number);
  return sum;
}

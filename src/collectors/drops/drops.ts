import type { Note } from "../collector.ts";

/** Drops are being counted, from its beginning until `close`. */
export interface DropCounting {
  readonly method: "bpf" | "perf";
  /** Those that happened so far. */
  read(note: Note): Promise<Drops>;
  close(): void;
}

export interface Drops {
  /** By the kernel's name for the reason. */
  readonly byReason: ReadonlyMap<string, number>;
  readonly byLocation: readonly LocatedDrops[];
}

export interface LocatedDrops {
  readonly reason: string;
  /** Of the kernel, or `unknown`. */
  readonly function: string;
  readonly count: number;
}

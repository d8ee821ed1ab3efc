import type { KernelTypes } from "../../kernel/bpf/btf.ts";
import { sumOverCpus } from "../../kernel/bpf/tracing.ts";
import { type Host, NotPermittedError, SourceAbsentError } from "../../kernel/host.ts";
import { knownReasons } from "./layers.ts";
import { type DropEvent, parseDropEvent } from "./parse.ts";
import { countDrops, placesIn } from "./program.ts";
import {
  namesFromTypes,
  ovsNames,
  type ReasonNames,
  reasonName,
  reasonOfSlot,
  SLOTS,
  withoutReasons,
} from "./reasons.ts";

/** Drops are being counted, from its beginning until `close`. */
export interface DropCounting {
  readonly method: "bpf" | "perf";
  /** Drops by the kernel's name for the reason, those that happened. */
  read(): ReadonlyMap<string, number>;
  close(): void;
}

const TRACEPOINT = "kfree_skb";
const formats = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"].map(
  (tracefs) => `${tracefs}/events/skb/${TRACEPOINT}/format`,
);
const FIRST_KEY = new Uint8Array(4);

/**
 * Counts from now on: by a program in the kernel, or where that is not possible by filters of perf.
 * @throws SourceAbsentError, NotPermittedError: what the program would need
 */
export async function startCounting(host: Host): Promise<DropCounting> {
  const event = await optional(async () => {
    for (const path of formats) {
      const text = await optional(() => host.readText(path));
      if (text !== undefined) return parseDropEvent(text, path);
    }
    return undefined;
  });
  try {
    return await countByProgram(host, event);
  } catch (error) {
    if (!isUnavailable(error) || event === undefined || event.names.size === 0) throw error;
    return countByFilters(host, event) ?? Promise.reject(error);
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof NotPermittedError || error instanceof SourceAbsentError;
}

/** What only some machines have, or show. */
async function optional<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isUnavailable(error)) return undefined;
    throw error;
  }
}

async function countByProgram(host: Host, event: DropEvent | undefined): Promise<DropCounting> {
  const types = await optional(() => host.tracing.types());
  const tracepoint = types?.tracepoint(TRACEPOINT);
  // Without types, the format tells whether there is a reason; it has been the third argument from its beginning.
  const reason = tracepoint ? placesIn(tracepoint).reason : event && event.names.size > 0 ? 2 : undefined;
  const names = reason === undefined ? withoutReasons : await namesOf(host, types, event);
  const programs = host.tracing.openPrograms();
  try {
    const counters = programs.createMap({ kind: "per-cpu", keyBytes: 4, words: SLOTS, entries: 1 });
    programs.attach(countDrops({ counters: counters.descriptor, locations: undefined, reason, location: undefined }), {
      tracepoint: TRACEPOINT,
    });
    return {
      method: "bpf",
      read: () => byName(sumOverCpus(counters.read(FIRST_KEY) ?? []), names),
      close: () => programs.close(),
    };
  } catch (error) {
    programs.close();
    throw error;
  }
}

async function namesOf(host: Host, types: KernelTypes | undefined, event: DropEvent | undefined): Promise<ReasonNames> {
  if (types === undefined) return event?.names ?? new Map();
  const builtIn = ovsNames(types);
  const module = builtIn.size > 0 ? undefined : await optional(() => host.tracing.types("openvswitch"));
  return new Map([...namesFromTypes(types), ...(event?.names ?? []), ...builtIn, ...(module ? ovsNames(module) : [])]);
}

function byName(counts: Float64Array, names: ReasonNames): ReadonlyMap<string, number> {
  const drops = new Map<string, number>();
  counts.forEach((count, slot) => {
    const name = count === 0 ? undefined : reasonName(reasonOfSlot(slot), names);
    if (name !== undefined) drops.set(name, (drops.get(name) ?? 0) + count);
  });
  return drops;
}

/** Only reasons that the table of layers knows: each costs an event on each CPU. */
function countByFilters(host: Host, { id, names }: DropEvent): DropCounting | undefined {
  const counted = [...names].filter(([, name]) => knownReasons.includes(name));
  const filters = counted.map(([reason]) => `reason == ${reason}`);
  try {
    const counters = host.tracing.openCounters(id, filters);
    return {
      method: "perf",
      read() {
        const counts = counters.read();
        return new Map(counted.flatMap(([, name], i): [string, number][] => (counts[i] ? [[name, counts[i]]] : [])));
      },
      close: () => counters.close(),
    };
  } catch (error) {
    if (isUnavailable(error)) return undefined;
    throw error;
  }
}

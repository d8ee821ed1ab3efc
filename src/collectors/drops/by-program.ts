import type { KernelTypes } from "../../kernel/bpf/btf.ts";
import { sumOverCpus } from "../../kernel/bpf/tracing.ts";
import type { Host } from "../../kernel/host.ts";
import { ifAvailable } from "./available.ts";
import type { DropCounting } from "./drops.ts";
import { createLocations, LOCATION_MAP } from "./locations.ts";
import type { DropsOptions } from "./options.ts";
import type { DropEvent } from "./parse.ts";
import { type ArgumentPlaces, countDrops, placesIn } from "./program.ts";
import {
  namesFromTypes,
  ovsNames,
  type ReasonNames,
  reasonName,
  reasonOfSlot,
  SLOTS,
  withoutReasons,
} from "./reasons.ts";

const TRACEPOINT = "kfree_skb";
const FIRST_KEY = new Uint8Array(4);
/** Where the arguments have been in every kernel so far, for one that does not tell its types. */
const usualPlaces = { location: 1, reason: 2 };

/** Counts by a program at the tracepoint skb:kfree_skb. @throws SourceAbsentError, NotPermittedError */
export async function countByProgram(
  host: Host,
  event: DropEvent | undefined,
  { locations: wanted }: DropsOptions,
): Promise<DropCounting> {
  const types = await ifAvailable(() => host.tracing.types());
  const places = placesOf(types, event);
  const names = places.reason === undefined ? withoutReasons : await namesOf(host, types, event);
  const programs = host.tracing.openPrograms();
  try {
    const counters = programs.createMap({ kind: "per-cpu", keyBytes: 4, words: SLOTS, entries: 1 });
    const located = wanted ? programs.createMap(LOCATION_MAP) : undefined;
    const maps = { counters: counters.descriptor, locations: located?.descriptor };
    programs.attach(countDrops(maps, places), { tracepoint: TRACEPOINT });
    const locations = located && createLocations(host, located, names);
    return {
      method: "bpf",
      async read(note) {
        const byReason = sumByName(sumOverCpus(counters.read(FIRST_KEY) ?? []), names);
        return { byReason, byLocation: (await locations?.read(note)) ?? [] };
      },
      close: () => programs.close(),
    };
  } catch (error) {
    programs.close();
    throw error;
  }
}

function placesOf(types: KernelTypes | undefined, event: DropEvent | undefined): ArgumentPlaces {
  const tracepoint = types?.tracepoint(TRACEPOINT);
  if (tracepoint) return placesIn(tracepoint);
  const hasReason = event !== undefined && event.names.size > 0;
  return hasReason ? usualPlaces : { ...usualPlaces, reason: undefined };
}

async function namesOf(host: Host, types: KernelTypes | undefined, event: DropEvent | undefined): Promise<ReasonNames> {
  if (types === undefined) return event?.names ?? new Map();
  const builtIn = ovsNames(types);
  const module = builtIn.size > 0 ? undefined : await ifAvailable(() => host.tracing.types("openvswitch"));
  return new Map([...namesFromTypes(types), ...(event?.names ?? []), ...builtIn, ...(module ? ovsNames(module) : [])]);
}

function sumByName(counts: Float64Array, names: ReasonNames): ReadonlyMap<string, number> {
  const drops = new Map<string, number>();
  counts.forEach((count, slot) => {
    const name = count === 0 ? undefined : reasonName(reasonOfSlot(slot), names);
    if (name !== undefined) drops.set(name, (drops.get(name) ?? 0) + count);
  });
  return drops;
}

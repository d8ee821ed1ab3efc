import { type BpfMap, type MapShape, sumOverCpus } from "../../kernel/bpf/tracing.ts";
import type { Host } from "../../kernel/host.ts";
import type { Note } from "../collector.ts";
import { ifAvailable } from "./available.ts";
import type { LocatedDrops } from "./drops.ts";
import { functionsAt } from "./parse.ts";
import { type ReasonNames, reasonName } from "./reasons.ts";

/** Places of the kernel that drop are a few dozen on any machine; what comes when all entries are taken is not located. */
const ENTRIES = 1024;

/** By the address behind the call, 64 bits, and the reason, as many. */
export const LOCATION_MAP: MapShape = { kind: "per-cpu-hash", keyBytes: 16, words: 1, entries: ENTRIES };

const SYMBOLS = "/proc/kallsyms";
const UNKNOWN = "unknown";

export interface Locations {
  read(note: Note): Promise<readonly LocatedDrops[]>;
}

export function createLocations(host: Host, map: BpfMap, names: ReasonNames): Locations {
  /** The kernel's functions stay where they are; the list of them, 5 MB, is read only for a place that is new. */
  const functions = new Map<bigint, string>();

  async function learn(addresses: readonly bigint[]): Promise<void> {
    const fresh = addresses.filter((address) => !functions.has(address));
    if (fresh.length === 0) return;
    const found = functionsAt(fresh, (await ifAvailable(() => host.readText(SYMBOLS))) ?? "");
    for (const address of fresh) functions.set(address, found.get(address) ?? UNKNOWN);
  }

  return {
    async read(note) {
      const entries = map.keys().map((key) => ({ ...locationOf(key), count: countOf(map, key) }));
      await learn(entries.map(({ address }) => address));
      if (entries.length === ENTRIES) note(`locations: all ${ENTRIES} places are taken, further ones are not counted`);
      if ([...functions.values()].includes(UNKNOWN)) {
        note(`locations: ${SYMBOLS} hides addresses; it takes CAP_SYSLOG, and kernel.kptr_restrict below 2`);
      }
      return merged(
        entries.flatMap(({ address, reason, count }) => {
          const name = reasonName(reason, names);
          return name === undefined ? [] : [{ reason: name, function: functions.get(address) ?? UNKNOWN, count }];
        }),
      );
    },
  };
}

function locationOf(key: Uint8Array): { readonly address: bigint; readonly reason: number } {
  const view = new DataView(key.buffer, key.byteOffset);
  return { address: view.getBigUint64(0, true), reason: view.getUint32(8, true) };
}

function countOf(map: BpfMap, key: Uint8Array): number {
  return sumOverCpus(map.read(key) ?? [])[0] ?? 0;
}

/** A function that drops at two places is one series. */
function merged(drops: readonly LocatedDrops[]): LocatedDrops[] {
  const sums = new Map<string, LocatedDrops>();
  for (const drop of drops) {
    const key = `${drop.reason} ${drop.function}`;
    sums.set(key, { ...drop, count: (sums.get(key)?.count ?? 0) + drop.count });
  }
  return [...sums.values()];
}

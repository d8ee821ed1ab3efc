import { createKeyTable } from "./key-table.ts";
import type { ReflectorLimits } from "./limits.ts";

/** What is known of each source address: how fast it may be, and how many sessions it has. */
export interface Sources {
  /** The source's place, made where need be; -1 where there is no room for one more. */
  placeOf(address: Uint32Array, nowSeconds: number): number;
  /** May a packet of this source pass now? It counts as one. */
  admit(place: number, nowSeconds: number): boolean;
  mayOpenSession(place: number): boolean;
  opened(place: number): void;
  closed(place: number): void;
}

const ADDRESS_WORDS = 4;

/** @param address of `placeOf`: its first four words */
export function createSources(limits: ReflectorLimits, seed: number): Sources {
  const table = createKeyTable(2 * limits.sessions, ADDRESS_WORDS, seed);
  const key = new Uint32Array(ADDRESS_WORDS);
  const tokens = new Float64Array(table.places);
  const filledAt = new Float64Array(table.places);
  const sessions = new Uint16Array(table.places);
  let now = 0;

  /** After a second of silence its bucket is full: it is forgotten without being given anything. */
  const isForgettable = (place: number) => sessions[place] === 0 && now - (filledAt[place] as number) >= 1;

  return {
    placeOf(address, nowSeconds) {
      for (let k = 0; k < ADDRESS_WORDS; k++) key[k] = address[k] as number;
      const known = table.find(key);
      if (known >= 0) return known;
      now = nowSeconds;
      const place = table.take(key, isForgettable);
      if (place < 0) return -1;
      tokens[place] = limits.sourceRate;
      filledAt[place] = nowSeconds;
      sessions[place] = 0;
      return place;
    },
    admit(place, nowSeconds) {
      const waited = Math.max(0, nowSeconds - (filledAt[place] as number));
      const filled = Math.min(limits.sourceRate, (tokens[place] as number) + waited * limits.sourceRate);
      filledAt[place] = nowSeconds;
      tokens[place] = filled >= 1 ? filled - 1 : filled;
      return filled >= 1;
    },
    mayOpenSession: (place) => (sessions[place] as number) < limits.sessionsPerSource,
    opened(place) {
      sessions[place] = (sessions[place] as number) + 1;
    },
    closed(place) {
      sessions[place] = (sessions[place] as number) - 1;
    },
  };
}

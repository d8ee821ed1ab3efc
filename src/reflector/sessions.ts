import { createKeyTable } from "./key-table.ts";
import type { ReflectorLimits } from "./limits.ts";
import type { Sources } from "./sources.ts";

/** Source address, address asked, source port with SSID (RFC 8972, section 3). */
export const SESSION_KEY_WORDS = 9;

/** Sessions, each with the sequence number of its next reply (RFC 8762, section 4.3: a stateful reflector). */
export interface Sessions {
  readonly count: number;
  find(key: Uint32Array): number;
  /** Opens a session for a source that may have one; -1 where there is no room. */
  open(key: Uint32Array, source: number, nowSeconds: number): number;
  /** The number of the next reply, from 0. */
  next(session: number, nowSeconds: number): number;
  /** Ends those that were silent for too long; once a second is often enough. */
  expire(nowSeconds: number): void;
}

export function createSessions(limits: ReflectorLimits, sources: Sources, seed: number): Sessions {
  // Half empty, a set of eight is almost never full.
  const table = createKeyTable(2 * limits.sessions, SESSION_KEY_WORDS, seed);
  const sequences = new Uint32Array(table.places);
  const seenAtSeconds = new Float64Array(table.places);
  const owners = new Uint32Array(table.places);
  let count = 0;

  return {
    get count() {
      return count;
    },
    find: (key) => table.find(key),
    open(key, source, nowSeconds) {
      if (count >= limits.sessions || !sources.mayOpenSession(source)) return -1;
      const session = table.take(key, () => false);
      if (session < 0) return -1;
      sequences[session] = 0;
      seenAtSeconds[session] = nowSeconds;
      owners[session] = source;
      sources.opened(source);
      count++;
      return session;
    },
    next(session, nowSeconds) {
      const sequence = sequences[session] as number;
      sequences[session] = sequence + 1;
      seenAtSeconds[session] = nowSeconds;
      return sequence;
    },
    expire(nowSeconds) {
      const oldest = nowSeconds - limits.sessionTimeoutSeconds;
      for (let session = 0; session < table.places; session++) {
        if (!table.isUsed(session) || (seenAtSeconds[session] as number) > oldest) continue;
        table.release(session);
        sources.closed(owners[session] as number);
        count--;
      }
    },
  };
}

import { isDeepStrictEqual } from "node:util";
import type { ProbeModule } from "../config/probe-endpoint.ts";
import type { EngineSnapshot } from "../prober/engine.ts";
import { SLOT_WORDS } from "../prober/tally.ts";
import { addTally, endBurst } from "./add-tally.ts";

/** What all runs of one target and module counted. */
export interface Account {
  readonly module: ProbeModule;
  /** Runs that are over. */
  readonly closed: Float64Array;
  /** Slots of runs that are not. */
  readonly open: Set<number>;
}

/**
 * Counters that go on from one request to the next, as increase() wants them: a run's own figures, told as counters, would
 * look like counters that stand still. The account that was not asked for longest makes room for a new one.
 */
export interface Accounts {
  /** The account of a target. Other settings of its module begin a new one. */
  of(module: ProbeModule, target: string): Account;
}

export function createAccounts(capacity: number): Accounts {
  const accounts = new Map<string, Account>();

  function find(module: ProbeModule, key: string): Account {
    const known = accounts.get(key);
    if (known && isDeepStrictEqual(known.module, module)) return known;
    return { module, closed: new Float64Array(SLOT_WORDS), open: new Set() };
  }

  return {
    of(module, target) {
      const key = `${module.name} ${target}`;
      const account = find(module, key);
      accounts.delete(key);
      accounts.set(key, account);
      const [oldest] = accounts.keys();
      if (accounts.size > capacity && oldest !== undefined) accounts.delete(oldest);
      return account;
    },
  };
}

/** The run in this slot is over and counts for ever. */
export function closeRun({ closed, open }: Account, slot: number, snapshot: EngineSnapshot): void {
  const run = Float64Array.from(snapshot.stream(slot));
  endBurst(run);
  addTally(closed, run);
  open.delete(slot);
}

/** All runs of an account as of one moment. */
export function totalOf({ closed, open }: Account, snapshot: EngineSnapshot): Float64Array {
  const total = Float64Array.from(closed);
  for (const slot of open) addTally(total, snapshot.stream(slot));
  return total;
}

import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { parseTarget } from "../../config/target.ts";
import { ParseError } from "../../kernel/host.ts";
import type { ProbeAddress } from "../commands.ts";
import type { TargetState, WatchTarget } from "../paths.ts";
import { resolveGateway } from "./gateway.ts";
import { interfaceIndex } from "./interface-index.ts";
import { type ResolverMachine, thisMachine } from "./machine.ts";
import { resolveName } from "./name.ts";
import { UnresolvedError } from "./unresolved.ts";

/** All in seconds. */
export interface ResolverTiming {
  /** A DNS answer is asked again at its TTL, within these bounds. */
  readonly ttl: { readonly min: number; readonly max: number };
  /** A name from a source without TTL. */
  readonly refresh: number;
  /** Routing table and interfaces. */
  readonly poll: number;
  /** After a failure; doubles from first to longest. */
  readonly retry: { readonly first: number; readonly longest: number };
}

export const resolverTiming: ResolverTiming = {
  ttl: { min: 5, max: 300 },
  refresh: 60,
  poll: 5,
  retry: { first: 1, longest: 30 },
};

export interface Resolver {
  /** @throws UnresolvedError */
  resolveOnce(target: string, ipVersion?: 4 | 6): Promise<ProbeAddress>;
  watchTarget: WatchTarget;
}

interface Found {
  readonly address: ProbeAddress;
  /** Infinity: for ever. */
  readonly goodForSeconds: number;
}

export function createResolver(
  machine: ResolverMachine = thisMachine(),
  timing: ResolverTiming = resolverTiming,
): Resolver {
  async function find(
    text: string,
    ipVersion: 4 | 6 | undefined,
    current: string | undefined,
    signal: AbortSignal,
  ): Promise<Found> {
    const target = parseTarget(text);
    if ("problem" in target) throw new UnresolvedError(`${text} is no target: ${target.problem}`);
    if (target.kind === "default-gateway") {
      return { address: await resolveGateway(ipVersion, machine), goodForSeconds: timing.poll };
    }
    if (target.kind === "address") {
      const { family, address, zone } = target;
      if (zone === undefined) return { address: { family, address, zoneIndex: 0 }, goodForSeconds: Infinity };
      // An interface that goes away and comes back has another index.
      return {
        address: { family, address, zoneIndex: await interfaceIndex(zone, machine) },
        goodForSeconds: timing.poll,
      };
    }
    const { address, ttlSeconds } = await resolveName({ name: target.name, ipVersion, current }, machine, signal);
    const goodForSeconds =
      ttlSeconds === undefined ? timing.refresh : Math.min(Math.max(ttlSeconds, timing.ttl.min), timing.ttl.max);
    return { address, goodForSeconds };
  }

  async function follow(
    text: string,
    ipVersion: 4 | 6 | undefined,
    onChange: (state: TargetState) => void,
    signal: AbortSignal,
  ): Promise<void> {
    let told: TargetState | undefined;
    let failures = 0;
    while (!signal.aborted) {
      const found = await find(text, ipVersion, told?.address?.address, signal).catch(asUnresolved);
      if (signal.aborted) return;
      const state = stateOf(found, told?.address);
      if (!isDeepStrictEqual(state, told)) onChange(state);
      told = state;
      failures = found instanceof UnresolvedError ? failures + 1 : 0;
      const pauseSeconds =
        found instanceof UnresolvedError
          ? Math.min(timing.retry.first * 2 ** (failures - 1), timing.retry.longest)
          : found.goodForSeconds;
      if (pauseSeconds === Infinity) return;
      await sleep(pauseSeconds * 1000, undefined, { signal, ref: false }).catch(ignoreAbort);
    }
  }

  return {
    async resolveOnce(target, ipVersion) {
      const found = await find(target, ipVersion, undefined, new AbortController().signal).catch(asUnresolved);
      if (found instanceof UnresolvedError) throw found;
      return found.address;
    },
    watchTarget(target, ipVersion, onChange, signal) {
      void follow(target, ipVersion, onChange, signal);
    },
  };
}

function stateOf(found: Found | UnresolvedError, lastGood: ProbeAddress | undefined): TargetState {
  if (!(found instanceof UnresolvedError)) return { status: "resolved", address: found.address };
  const error = found.message;
  return lastGood ? { status: "unresolved", address: lastGood, error } : { status: "unresolved", error };
}

/** A routing table with other columns is a reason like any other; anything else is our own bug. */
function asUnresolved(error: unknown): UnresolvedError {
  if (error instanceof UnresolvedError) return error;
  if (error instanceof ParseError) return new UnresolvedError(error.message);
  throw error;
}

function ignoreAbort(error: unknown): void {
  if ((error as Error).name !== "AbortError") throw error;
}

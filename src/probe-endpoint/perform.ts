import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { type Network, type PlainAddress, plainAddress } from "../config/cidr.ts";
import type { ProbeAddress } from "../prober/commands.ts";
import type { EngineSnapshot, ProbeEngine, StreamSpec } from "../prober/engine.ts";
import { createPacketRecord, packetLogOf } from "../prober/packet-record.ts";
import { streamOver } from "../prober/paths.ts";
import type { ResolverMachine } from "../prober/resolve/machine.ts";
import { UnresolvedError } from "../prober/resolve/unresolved.ts";
import { SLOT_WORDS, STREAM, word } from "../prober/tally.ts";
import { type Account, closeRun, totalOf } from "./accounts.ts";
import { isAllowed } from "./allowed.ts";
import type { ProbeRefusal } from "./answer.ts";
import { localBroadcasts } from "./broadcasts.ts";
import { findAddress } from "./find-address.ts";
import type { RunOrder } from "./order.ts";
import { type RunFacts, refusalOf } from "./run-facts.ts";
import type { Runs } from "./runs.ts";

export interface PerformParts {
  readonly engine: ProbeEngine;
  readonly runs: Runs;
  readonly machine: ResolverMachine;
  readonly allow: readonly Network[];
  readonly account: Account;
}

export interface Performed {
  readonly outcome: RunFacts | ProbeRefusal;
  /** Nothing of the run is left on the engine. */
  readonly gone: Promise<void>;
}

/** After the timeout of the last packet, the engine needs this much to give its verdict. */
const VERDICT_SECONDS = 0.3;

/** Finds the target's address, checks it, and probes that address and no other. Ends with the signal. */
export async function perform(order: RunOrder, parts: PerformParts, signal: AbortSignal): Promise<Performed> {
  const { module, to } = order;
  const beginning = { startedAtSeconds: Date.now() / 1000, started: performance.now() };
  const permitted = (text: string) => permittedAddress(text, parts.allow);
  // Before its zone is looked up: whether this machine has such an interface is nobody's business.
  if (to.host.kind === "address" && !permitted(to.host.address)) return forbidden;
  const found = await findAddress(to.host, module.path.ipVersion, parts.machine, signal).catch(asUnresolved);
  const lookupSeconds = secondsSince(beginning.started);
  if (found instanceof UnresolvedError) {
    return { outcome: unresolved(order, parts, found, beginning, lookupSeconds), gone: Promise.resolve() };
  }
  const plain = permitted(found.address);
  if (!plain) return forbidden;
  const address = { family: plain.family, address: plain.text, zoneIndex: found.zoneIndex };
  return probe(order, parts, address, { ...beginning, lookupSeconds }, signal);
}

function permittedAddress(text: string, allow: readonly Network[]): PlainAddress | undefined {
  const plain = plainAddress(text);
  return plain && isAllowed(plain, allow, localBroadcasts()) ? plain : undefined;
}

const forbidden: Performed = {
  outcome: {
    status: 403,
    message:
      "the target's address is in none of the networks of probe.allow, or is a broadcast, multicast or wildcard address",
  },
  gone: Promise.resolve(),
};

interface Beginning {
  readonly startedAtSeconds: number;
  readonly started: number;
}

async function probe(
  order: RunOrder,
  { engine, runs, account }: PerformParts,
  address: ProbeAddress,
  { startedAtSeconds, started, lookupSeconds }: Beginning & { readonly lookupSeconds: number },
  signal: AbortSignal,
): Promise<Performed> {
  const { module, target, limitSeconds } = order;
  const record = createPacketRecord(module.count);
  const { slot, end } = runs.start({ ...streamOf(order), address, record }, signal);
  account.open.add(slot);
  const ended = await end;
  const snapshot = engine.snapshot();
  const run = snapshot.stream(slot);
  // Taken before the run is closed: its end makes a burst of what may still go on.
  const total = totalOf(account, snapshot);
  const close = (last: EngineSnapshot) => {
    closeRun(account, slot, last);
    engine.remove(slot);
  };
  if (ended.how === "impossible") {
    close(snapshot);
    return { outcome: { status: 503, message: ended.message }, gone: Promise.resolve() };
  }
  const complete = ended.how === "complete";
  const outcome = {
    ...{ target, module, limitSeconds, startedAtSeconds, lookupSeconds, complete, run, total },
    address: address.address,
    durationSeconds: secondsSince(started),
    log: packetLogOf(record),
    failure: refusalOf(run),
  };
  if (word(run, STREAM.inFlight) > 0) return { outcome, gone: windDown(engine, slot, order).then(close) };
  close(snapshot);
  return { outcome, gone: Promise.resolve() };
}

/** No packet is sent any more, but those in flight still get their verdicts, for the next answer to tell. */
async function windDown(engine: ProbeEngine, slot: number, { module }: RunOrder): Promise<EngineSnapshot> {
  engine.setAddress(slot, null);
  await sleep((module.path.timeoutSeconds + VERDICT_SECONDS) * 1000, undefined, { ref: false });
  return engine.snapshot();
}

function streamOf({ module, target, to, key }: RunOrder): Omit<StreamSpec, "address"> {
  const path = { ...module.path, name: target, target, protocols: [module.protocol] };
  const spec = streamOver(path, module.protocol, key);
  return { ...spec, ...(to.port !== undefined && { port: to.port }), count: module.count };
}

function unresolved(
  { module, target, limitSeconds }: RunOrder,
  { engine, account }: PerformParts,
  { message }: UnresolvedError,
  { startedAtSeconds, started }: Beginning,
  lookupSeconds: number,
): RunFacts {
  return {
    ...{ target, module, limitSeconds, startedAtSeconds, lookupSeconds },
    address: "",
    durationSeconds: secondsSince(started),
    complete: false,
    run: new Float64Array(SLOT_WORDS),
    total: totalOf(account, engine.snapshot()),
    log: packetLogOf(createPacketRecord(0)),
    failure: { reason: "unresolved", message },
  };
}

function secondsSince(started: number): number {
  return (performance.now() - started) / 1000;
}

/** Anything else is our own bug. */
function asUnresolved(error: unknown): UnresolvedError {
  if (error instanceof UnresolvedError) return error;
  throw error;
}

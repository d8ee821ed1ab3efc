import type { KeyObject } from "node:crypto";
import { type PathConfig, type Protocol, sizesOver } from "../config/path.ts";
import { diffPaths } from "../config/reload.ts";
import type { ProbeAddress } from "./commands.ts";
import type { EngineSnapshot, ProbeEngine, StreamSpec } from "./engine.ts";
import { createPathLabels, type PathLabels } from "./path-labels.ts";
import type { PathFailure, ProbedPath } from "./samples.ts";
import { sendRefusal } from "./send-refusal.ts";
import { STREAM, word } from "./tally.ts";

/** What is known of a target's address. */
export type TargetState =
  | { readonly status: "resolved"; readonly address: ProbeAddress }
  /** `address` is the last one that was good: it is probed until a better one is known. */
  | { readonly status: "unresolved"; readonly address?: ProbeAddress; readonly error: string };

/** Follows a target; `onChange` is called with the first answer and with every other one. Ends with the signal. */
export type WatchTarget = (
  target: string,
  ipVersion: 4 | 6 | undefined,
  onChange: (state: TargetState) => void,
  signal: AbortSignal,
) => void;

/** The configured paths as the engine probes them. */
export interface ProbedPaths {
  /** Makes the engine probe these; what did not change keeps its counters. */
  apply(paths: readonly PathConfig[]): void;
  /** All paths and protocols, with what is wrong with each as of this snapshot. */
  list(snapshot: EngineSnapshot): readonly ProbedPath[];
  /** Names of paths whose target was not looked up once yet. */
  untried(): readonly string[];
  stop(): void;
}

/** Sends that the kernel refused in a row before a path counts as one that cannot be probed. */
const REFUSED_RUN = 10;

/** The key in a file; a text where there is none, with what is wrong. */
export type ReadKey = (file: string) => KeyObject | string;

interface Probed {
  config: PathConfig;
  /** Of authenticated stamp, as its file was when the path began. */
  readonly key: KeyObject | string | undefined;
  readonly slots: readonly { readonly protocol: Protocol; readonly slot: number; readonly labels: PathLabels }[];
  readonly watching: AbortController;
  state: TargetState | undefined;
}

export function createProbedPaths(engine: ProbeEngine, watchTarget: WatchTarget, readKey: ReadKey): ProbedPaths {
  const probed = new Map<string, Probed>();
  let configured: readonly PathConfig[] = [];

  function begin(config: PathConfig): void {
    const key = config.keyFile === undefined ? undefined : readKey(config.keyFile);
    const slots = config.protocols.map((protocol) => ({
      protocol,
      labels: createPathLabels(config.name, config.scope, protocol),
      slot: engine.add({ address: null, ...streamOver(config, protocol, typeof key === "object" ? key : undefined) }),
    }));
    const path: Probed = { config, key, slots, watching: new AbortController(), state: undefined };
    probed.set(config.name, path);
    watchTarget(config.target, config.ipVersion, (state) => resolved(path, state), path.watching.signal);
  }

  function resolved(path: Probed, state: TargetState): void {
    path.state = state;
    for (const { slot, protocol } of path.slots) {
      // Without its key a stream would send what nobody asked for.
      if (protocol === "stamp" && typeof path.key === "string") continue;
      engine.setAddress(slot, state.address ?? null);
    }
  }

  function end({ name }: PathConfig): void {
    const path = probed.get(name);
    path?.watching.abort();
    for (const { slot } of path?.slots ?? []) engine.remove(slot);
    probed.delete(name);
  }

  function retune(config: PathConfig): void {
    const path = probed.get(config.name);
    const kept = path?.slots.every(({ slot, protocol }) => {
      const { ratePerSecond, sizes } = streamOver(config, protocol);
      return engine.tune(slot, ratePerSecond, sizes);
    });
    if (path && kept) path.config = config;
    else replace(config);
  }

  function hasNewKey({ name, keyFile }: PathConfig): boolean {
    const known = probed.get(name)?.key;
    if (keyFile === undefined || known === undefined) return false;
    const key = readKey(keyFile);
    return typeof key === "string" || typeof known === "string" ? typeof key !== typeof known : !key.equals(known);
  }

  function replace(config: PathConfig): void {
    end(config);
    begin(config);
  }

  return {
    apply(paths) {
      const { added, removed, retuned, replaced, unchanged } = diffPaths(configured, paths);
      configured = paths;
      removed.forEach(end);
      for (const { after } of retuned) retune(after);
      for (const { after } of replaced) replace(after);
      unchanged.filter(hasNewKey).forEach(replace);
      added.forEach(begin);
    },
    list: (snapshot) =>
      [...probed.values()].flatMap((path) =>
        path.slots.map(({ protocol, slot, labels }) => ({
          path: path.config.name,
          scope: path.config.scope,
          protocol,
          sizes: engine.sizesOf(slot),
          target: path.config.target,
          address: path.state?.address?.address ?? "",
          slot,
          labels,
          failure: keyFailure(path, protocol) ?? failureOf(path.state, engine.denied(slot), snapshot.stream(slot)),
        })),
      ),
    untried: () => [...probed.values()].filter((path) => !path.state).map((path) => path.config.name),
    stop() {
      for (const path of probed.values()) path.watching.abort();
    },
  };
}

/** What a path sends over one of its protocols. */
export function streamOver(config: PathConfig, protocol: Protocol, key?: KeyObject): Omit<StreamSpec, "address"> {
  const { ratePerSecond, timeoutSeconds, send, stampPort, tcpPort } = config;
  return {
    protocol,
    port: protocol === "stamp" ? stampPort : protocol === "tcp" ? (tcpPort ?? 0) : 0,
    send,
    ...(protocol === "stamp" && key && { key }),
    sizes: sizesOver(config, protocol),
    ratePerSecond: ratePerSecond / config.protocols.length,
    timeoutSeconds,
  };
}

function keyFailure({ key }: Probed, protocol: Protocol): PathFailure | undefined {
  return protocol === "stamp" && typeof key === "string" ? { reason: "key", message: key } : undefined;
}

function failureOf(
  state: TargetState | undefined,
  denied: string | undefined,
  tally: Float64Array,
): PathFailure | undefined {
  if (state?.status === "unresolved" && !state.address) return { reason: "unresolved", message: state.error };
  if (denied) return { reason: "permission", message: denied };
  if (word(tally, STREAM.refusedRun) < REFUSED_RUN) return undefined;
  return { reason: "send_refused", message: `the kernel refuses every packet ${sendRefusal(tally)}` };
}

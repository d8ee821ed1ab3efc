import type { PathConfig, Protocol } from "../config/path.ts";
import { diffPaths } from "../config/reload.ts";
import type { ProbeAddress } from "./commands.ts";
import type { EngineSnapshot, ProbeEngine } from "./engine.ts";
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

interface Probed {
  config: PathConfig;
  readonly slots: readonly { readonly protocol: Protocol; readonly slot: number; readonly labels: PathLabels }[];
  readonly watching: AbortController;
  state: TargetState | undefined;
}

export function createProbedPaths(engine: ProbeEngine, watchTarget: WatchTarget): ProbedPaths {
  const probed = new Map<string, Probed>();
  let configured: readonly PathConfig[] = [];

  function begin(config: PathConfig): void {
    const ratePerSecond = config.ratePerSecond / config.protocols.length;
    const { sizes, timeoutSeconds, protocols } = config;
    const slots = protocols.map((protocol) => ({
      protocol,
      labels: createPathLabels(config.name, config.scope, protocol),
      slot: engine.add({ address: null, sizes, ratePerSecond, timeoutSeconds }),
    }));
    const path: Probed = { config, slots, watching: new AbortController(), state: undefined };
    probed.set(config.name, path);
    watchTarget(config.target, config.ipVersion, (state) => resolved(path, state), path.watching.signal);
  }

  function resolved(path: Probed, state: TargetState): void {
    path.state = state;
    for (const { slot } of path.slots) engine.setAddress(slot, state.address ?? null);
  }

  function end({ name }: PathConfig): void {
    const path = probed.get(name);
    path?.watching.abort();
    for (const { slot } of path?.slots ?? []) engine.remove(slot);
    probed.delete(name);
  }

  function retune(config: PathConfig): void {
    const path = probed.get(config.name);
    const ratePerSecond = config.ratePerSecond / config.protocols.length;
    const kept = path?.slots.every(({ slot }) => engine.tune(slot, ratePerSecond, config.sizes));
    if (path && kept) path.config = config;
    else replace(config);
  }

  function replace(config: PathConfig): void {
    end(config);
    begin(config);
  }

  return {
    apply(paths) {
      const { added, removed, retuned, replaced } = diffPaths(configured, paths);
      configured = paths;
      removed.forEach(end);
      for (const { after } of retuned) retune(after);
      for (const { after } of replaced) replace(after);
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
          failure: failureOf(path.state, engine, snapshot.stream(slot)),
        })),
      ),
    untried: () => [...probed.values()].filter((path) => !path.state).map((path) => path.config.name),
    stop() {
      for (const path of probed.values()) path.watching.abort();
    },
  };
}

function failureOf(state: TargetState | undefined, engine: ProbeEngine, tally: Float64Array): PathFailure | undefined {
  if (state?.status === "unresolved" && !state.address) return { reason: "unresolved", message: state.error };
  const denied = state?.address && engine.denied(state.address.family);
  if (denied) return { reason: "permission", message: denied };
  if (word(tally, STREAM.refusedRun) < REFUSED_RUN) return undefined;
  return { reason: "send_refused", message: `the kernel refuses every packet ${sendRefusal(tally)}` };
}

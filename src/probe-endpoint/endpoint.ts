import type { Thresholds } from "../analysis/thresholds.ts";
import type { ProbeEndpointConfig } from "../config/probe-endpoint.ts";
import type { ProbeEngine } from "../prober/engine.ts";
import { ENGINE_MAX_PACKETS_PER_SECOND } from "../prober/limits.ts";
import type { ResolverMachine } from "../prober/resolve/machine.ts";
import { createAccounts } from "./accounts.ts";
import type { ProbeAnswer, ProbeEndpoint, ProbeRefusal, ProbeReport, ProbeRequest } from "./answer.ts";
import { createRunHistory } from "./history.ts";
import { type RunOrder, readOrder } from "./order.ts";
import { type Performed, perform } from "./perform.ts";
import { isNotable, type RunFacts } from "./run-facts.ts";
import { createRuns, type Runs } from "./runs.ts";
import { runFamilies } from "./samples.ts";
import { summaryOf, transcriptOf } from "./transcript.ts";

export interface ProbeEndpointParts {
  readonly engine: ProbeEngine;
  readonly machine: ResolverMachine;
  /** As of now: a reload may change all of it. */
  readonly config: () => ProbeEndpointConfig | undefined;
  readonly thresholds: () => Thresholds;
  /** What the configured paths send. */
  readonly pathsPerSecond: () => number;
  /** Of this machine; empty while unknown. */
  readonly vmUuid: () => string;
  readonly monotonicNanos: () => number;
}

/** What the engine tells of its streams belongs to `engineEvents`. */
export interface ProbeService extends ProbeEndpoint {
  readonly engineEvents: Omit<Runs, "start">;
  /** Ends all runs; the requests still get their answers. */
  stop(): void;
}

/** Targets whose counters are kept, 1 kB each. */
const MAX_ACCOUNTS = 10_000;
const HISTORY_PLACES = 100;
const HISTORY_RESERVED = 50;

const off: ProbeRefusal = {
  status: 404,
  message:
    "/probe is off: name the networks that it may probe in the configuration, such as probe: {allow: [10.0.0.0/8]}",
};

export function createProbeEndpoint(parts: ProbeEndpointParts): ProbeService {
  const { engine, machine } = parts;
  const runs = createRuns(engine);
  const accounts = createAccounts(MAX_ACCOUNTS);
  const history = createRunHistory(HISTORY_PLACES, HISTORY_RESERVED);
  const taken = new Set<RunOrder>();
  const endings = new Set<AbortController>();

  function settings(): ProbeEndpointConfig | undefined {
    const config = parts.config();
    if (config && config.allow.length > 0) return config;
    history.clear();
    return undefined;
  }

  /** Why there is no room for one more run. */
  function crowded(order: RunOrder, { concurrency }: ProbeEndpointConfig): string | undefined {
    if (taken.size >= concurrency) return `${concurrency} runs are under way already, as probe.concurrency allows`;
    const rates = [...taken, order].map(({ module }) => module.path.ratePerSecond);
    const asked = rates.reduce((a, b) => a + b, parts.pathsPerSecond());
    if (asked <= ENGINE_MAX_PACKETS_PER_SECOND) return undefined;
    return `this run would take the probe engine beyond its ${ENGINE_MAX_PACKETS_PER_SECOND} packets/s`;
  }

  async function run(order: RunOrder, { allow }: ProbeEndpointConfig, client: AbortSignal): Promise<Performed> {
    const ending = new AbortController();
    const end = () => ending.abort();
    const timer = setTimeout(end, order.limitSeconds * 1000);
    client.addEventListener("abort", end);
    if (client.aborted) end();
    endings.add(ending);
    try {
      const account = accounts.of(order.module, order.target);
      return await perform(order, { engine, runs, machine, allow, account }, ending.signal);
    } finally {
      clearTimeout(timer);
      client.removeEventListener("abort", end);
      endings.delete(ending);
    }
  }

  async function runInPlace(order: RunOrder, config: ProbeEndpointConfig, client: AbortSignal): Promise<Performed> {
    taken.add(order);
    const leave = () => taken.delete(order);
    try {
      const performed = await run(order, config, client);
      void performed.gone.finally(leave);
      return performed;
    } catch (error) {
      leave();
      throw error;
    }
  }

  function remember(facts: RunFacts, transcript: string): void {
    history.add({
      atSeconds: facts.startedAtSeconds,
      target: facts.target,
      module: facts.module.name,
      notable: isNotable(facts, parts.thresholds()),
      summary: summaryOf(facts),
      transcript,
    });
  }

  function report(facts: RunFacts, { debug }: RunOrder, client: AbortSignal): ProbeReport {
    const transcript = transcriptOf(facts);
    // Requests that nobody waits for would push out those that somebody may ask about.
    if (!client.aborted) remember(facts, transcript);
    return {
      status: 200,
      families: runFamilies(facts, parts.vmUuid(), parts.monotonicNanos()),
      transcript: debug ? transcript : undefined,
    };
  }

  return {
    async answer(request: ProbeRequest): Promise<ProbeAnswer> {
      const config = settings();
      if (!config) return off;
      const order = readOrder(request, config);
      if ("status" in order) return order;
      const problem = crowded(order, config);
      if (problem !== undefined) return { status: 429, message: problem };
      const { outcome } = await runInPlace(order, config, request.signal);
      return "status" in outcome ? outcome : report(outcome, order, request.signal);
    },
    history: () => (settings() ? history.list() : undefined),
    engineEvents: runs,
    stop() {
      for (const ending of endings) ending.abort();
    },
  };
}

import { hostname } from "node:os";
import { isDeepStrictEqual } from "node:util";
import type { Collector } from "../collectors/collector.ts";
import { collectors } from "../collectors/index.ts";
import { perServer } from "../collectors/per-server.ts";
import { createReadingLog } from "../collectors/reading-log.ts";
import { type CollectorReport, collectorSamples } from "../collectors/report.ts";
import { type CollectorRunner, type CollectorRunnerOptions, createCollectorRunner } from "../collectors/run.ts";
import { severalTell } from "../collectors/shared-machines.ts";
import { packetsPerSecondOf } from "../config/found-paths.ts";
import { ConfigError } from "../config/issues.ts";
import { readPathKey } from "../config/path-key.ts";
import type { Config } from "../config/schema.ts";
import type { ConfigSource } from "../config/source.ts";
import { createDiscovery } from "../discovery/discovery.ts";
import { discoverySamples, type SourceState } from "../discovery/samples.ts";
import type { PathSource } from "../discovery/sources.ts";
import type { Outcome } from "../http/outcome.ts";
import type { StatusView } from "../http/page/view.ts";
import { ProcessEndedError } from "../kernel/ask-process.ts";
import { createKernelClock } from "../kernel/ffi/clock.ts";
import type { Host } from "../kernel/host.ts";
import type { Log } from "../log.ts";
import { contentTypes, type ExpositionFormat } from "../metrics/exposition.ts";
import { selfSamples } from "../metrics/self-samples.ts";
import { createMetricStore } from "../metrics/store.ts";
import { version } from "../package.ts";
import { createProbeEndpoint, type ProbeService } from "../probe-endpoint/endpoint.ts";
import type { ProbeEngine } from "../prober/engine.ts";
import { createHistory } from "../prober/history.ts";
import { createProbedPaths, type WatchTarget } from "../prober/paths.ts";
import type { ResolverMachine } from "../prober/resolve/machine.ts";
import { type ProbedPath, pathFamilies, proberSamples } from "../prober/samples.ts";
import type { Reflector } from "../reflector/reflector.ts";
import { reflectorSamples } from "../reflector/samples.ts";
import { collectorView, pathView, proberView } from "../report/status.ts";

/** The status page looks this far back. */
const WINDOW_SECONDS = 300;
const HISTORY_STEP_MS = 30_000;

export interface ExporterParts {
  readonly source: ConfigSource;
  readonly host: Host;
  readonly engine: ProbeEngine;
  readonly watchTarget: WatchTarget;
  /** Where targets of /probe are looked up. */
  readonly machine: ResolverMachine;
  /** The places that a configuration says to ask for paths. */
  readonly pathSources: (config: Config) => readonly PathSource[];
  /** Where one is configured; it is stopped by whoever started it. */
  readonly reflector?: Reflector | undefined;
  readonly log: Log;
}

/** The running exporter, apart from its HTTP server. */
export interface Exporter {
  render(format: ExpositionFormat): AsyncIterable<string>;
  readonly contentType: Readonly<Record<ExpositionFormat, string>>;
  status(): StatusView;
  readonly probes: ProbeService;
  /** Names of configured parts that were not tried once yet. */
  untried(): readonly string[];
  /** Loads the configuration again; a bad one changes nothing but a metric. One reload at a time. */
  reload(reason: string): Promise<Outcome>;
  stop(): Promise<void>;
}

/** Starts probing and collecting what `config` says. */
export function createExporter(
  config: Config,
  { source, host, engine, watchTarget, machine, pathSources, reflector, log }: ExporterParts,
): Exporter {
  const store = createMetricStore(severalTell);
  const clock = createKernelClock();
  const paths = createProbedPaths(engine, watchTarget, readPathKey);
  const history = createHistory(WINDOW_SECONDS);
  const startedAtSeconds = Date.now() / 1000;
  const reloads = { ok: true, loadedAtSeconds: startedAtSeconds, last: Promise.resolve<Outcome>({ ok: true }) };
  const watching = new AbortController();
  let running = config;
  const onReading = createReadingLog(log);
  let runner = runnerOf(config, host, onReading);
  let reports: readonly CollectorReport[] = [];
  let tried = false;
  let collected: readonly string[] = [];

  const discovery = createDiscovery({ onChange: () => paths.apply(discovery.paths()), log });
  discovery.configure(config.paths, pathSources(config));
  paths.apply(discovery.paths());
  const probes = createProbeEndpoint({
    engine,
    machine,
    config: () => running.probe,
    thresholds: () => running.thresholds,
    pathsPerSecond: () => packetsPerSecondOf(discovery.paths()),
    vmUuid: () => vmUuid(reports),
    monotonicNanos: () => clock.monotonicNanos(),
  });
  noteHistory();
  const historyTimer = setInterval(noteHistory, HISTORY_STEP_MS).unref();
  const firstRun = collect();
  const watched = source.watch(async () => void (await reload("a path file changed")), watching.signal);

  async function collect(): Promise<void> {
    reports = await runner.run();
    tried = true;
  }

  /** Collectors first, because they take time; then everything of the prober from one snapshot. */
  async function refresh(): Promise<void> {
    await collect();
    // A source that a reload switched off has nothing to say any more.
    for (const source of collected)
      if (!reports.some((report) => sourceOf(report) === source)) store.replace(source, []);
    collected = reports.map(sourceOf);
    for (const report of reports) store.replace(sourceOf(report), report.samples);
    store.replace("collectors", collectorSamples(reports));
    const snapshot = engine.snapshot();
    const now = clock.monotonicNanos();
    store.replaceFamilies("paths", pathFamilies(paths.list(snapshot), snapshot, vmUuid(reports), now));
    store.replace("prober", proberSamples(snapshot.engine, engine.restarts));
    if (reflector) store.replace("reflector", reflectorSamples(reflector.counts()));
    store.replace("self", selfSamples(selfState()));
    store.replace("discovery", discoverySamples(discovery.states()));
  }

  function selfState() {
    const { user, system } = process.cpuUsage();
    return {
      version,
      node: process.version,
      startedAtSeconds,
      lastReloadOk: reloads.ok,
      configLoadedAtSeconds: reloads.loadedAtSeconds,
      thresholds: running.thresholds,
      cpuSeconds: (user + system) / 1e6,
      residentBytes: process.memoryUsage.rss(),
    };
  }

  function noteHistory(): void {
    const snapshot = engine.snapshot();
    const tallies = paths
      .list(snapshot)
      .map((path): [string, Float64Array] => [keyOf(path), snapshot.stream(path.slot)]);
    history.note(new Map(tallies), clock.monotonicNanos() / 1e9);
  }

  function reload(reason: string): Promise<Outcome> {
    reloads.last = reloads.last.then(() => loadAgain(reason));
    return reloads.last;
  }

  async function loadAgain(reason: string): Promise<Outcome> {
    try {
      apply(await source.load());
      Object.assign(reloads, { ok: true, loadedAtSeconds: Date.now() / 1000 });
      log.info({ reason, paths: running.paths.length }, "configuration reloaded");
      return { ok: true };
    } catch (error) {
      if (!(error instanceof ConfigError || error instanceof ProcessEndedError)) throw error;
      reloads.ok = false;
      log.error({ reason, problems: error.message }, "the configuration could not be loaded; the old one stays");
      return { ok: false, message: error.message };
    }
  }

  function apply(next: Config): void {
    for (const section of ["web", "log", "prober", "reflector"] as const) {
      if (isDeepStrictEqual(next[section], running[section])) continue;
      log.warn({ section }, "this section changed; it takes effect at the next start");
    }
    discovery.configure(next.paths, pathSources(next));
    paths.apply(discovery.paths());
    if (!isDeepStrictEqual(next.collectors, running.collectors)) {
      runner.stop();
      runner = runnerOf(next, host, onReading);
    }
    running = next;
  }

  /** Paths that a source names later are no part of being ready: the sources themselves are. */
  function untriedPaths(): string[] {
    const untried = new Set(paths.untried());
    const configured = running.paths.map(({ name }) => name).filter((name) => untried.has(name));
    return [...configured, ...discovery.states().flatMap(({ label, tried }) => (tried ? [] : [label]))];
  }

  return {
    async *render(format) {
      await refresh();
      yield* store.render(format);
    },
    contentType: contentTypes,
    probes,
    status() {
      const snapshot = engine.snapshot();
      const nowNanos = clock.monotonicNanos();
      const views = paths.list(snapshot).map((path) => {
        const tally = snapshot.stream(path.slot);
        return pathView(path, tally, history.window(keyOf(path), tally, nowNanos / 1e9), running.thresholds, nowNanos);
      });
      // A path that cannot be probed says so itself, and says nothing about the prober.
      const probed = views.filter((view) => view.state !== "failed");
      const judged = probed.reduce((sum, view) => sum + view.packets + view.voided, 0);
      const voided = probed.reduce((sum, view) => sum + view.voided, 0);
      const denied = engine.denials();
      return {
        version,
        startedAtSeconds,
        nowSeconds: Date.now() / 1000,
        hostname: hostname(),
        paths: views,
        collectors: reports.map(collectorView),
        prober: proberView(
          snapshot.engine,
          denied,
          engine.restarts,
          judged === 0 ? 0 : voided / judged,
          running.thresholds,
        ),
        hints: [...hintsOf(running, reloads.ok), ...discovery.states().flatMap(discoveryHint)],
      };
    },
    untried: () => [...untriedPaths(), ...(tried ? [] : Object.keys(running.collectors))],
    reload,
    async stop() {
      watching.abort();
      clearInterval(historyTimer);
      discovery.stop();
      probes.stop();
      paths.stop();
      await Promise.allSettled([firstRun, watched, reloads.last]);
      runner.stop();
      await engine.stop();
    },
  };
}

function runnerOf(
  config: Config,
  host: Host,
  onReading: NonNullable<CollectorRunnerOptions["onReading"]>,
): CollectorRunner {
  const enabled = collectors.flatMap((collector: Collector) => {
    const { enabled, options } = config.collectors[collector.name] ?? { enabled: false, options: {} };
    return enabled ? perServer(collector, options) : [];
  });
  return createCollectorRunner(enabled, host, { onReading });
}

/** Names a source in the store. */
function sourceOf({ name, server = "" }: CollectorReport): string {
  return `${name} ${server}`;
}

function keyOf({ path, protocol }: ProbedPath): string {
  return `${protocol} ${path}`;
}

/** The UUID under which the hypervisor knows this machine, as the guest collector told it; empty while unknown. */
function vmUuid(reports: readonly CollectorReport[]): string {
  const [info] = reports.find(({ name }) => name === "guest")?.samples ?? [];
  return info?.labels["vm_uuid"] ?? "";
}

export const addPathsHint =
  "Only loopback is probed, as the control path. Add paths: --path gateway=default-gateway --path external=ADDRESS, or a configuration file.";

function hintsOf(config: Config, lastReloadOk: boolean): string[] {
  const hints = config.pathsAreDefault ? [addPathsHint] : [];
  return lastReloadOk
    ? hints
    : [...hints, "The configuration on disk is wrong; the one loaded before it is running. The log says where."];
}

function discoveryHint({ label, problem }: SourceState): string[] {
  return problem === undefined ? [] : [`The source of paths ${label} fails; those it named last stay: ${problem}`];
}

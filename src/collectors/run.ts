import type { Host } from "../kernel/host.ts";
import type { Collector } from "./collector.ts";
import { poll } from "./polling.ts";
import { type MonotonicMs, type Reading, readerOf } from "./reading.ts";
import type { ReadSource } from "./reading-log.ts";
import type { CollectorReport } from "./report.ts";
import { createFirstToTell } from "./shared-machines.ts";

/** A collector with the options that its own schema has accepted. */
export interface ConfiguredCollector<O = unknown> {
  readonly collector: Collector<O>;
  readonly options: O;
  /** Name of the server that it reads; undefined for a source on this machine. */
  readonly server?: string | undefined;
}

export interface CollectorRunnerOptions {
  /** Milliseconds after which a collector is reported as failed and its signal aborted. */
  readonly deadlineMs?: number;
  /** The same for one that is read in the background and names no time of its own. */
  readonly pollDeadlineMs?: number;
  readonly monotonicMs?: MonotonicMs;
  /** Unix time in milliseconds. */
  readonly wallClockMs?: () => number;
  /** Hears of each reading as it ends. */
  readonly onReading?: (source: ReadSource, reading: Reading) => void;
}

export interface CollectorRunner {
  /** Asks all at once; never rejects. One that is still busy with an earlier run is reported as failed and left alone. */
  run(): Promise<CollectorReport[]>;
  /** Closes all sources. */
  stop(): void;
}

const DEFAULT_DEADLINE_MS = 2000;
const DEFAULT_POLL_DEADLINE_MS = 15_000;

/** An open source with the way in which it is read. */
interface OpenSource {
  /** Never rejects. */
  report(): Promise<CollectorReport>;
  close(): void;
}

export function createCollectorRunner(
  configured: readonly ConfiguredCollector[],
  host: Host,
  {
    deadlineMs = DEFAULT_DEADLINE_MS,
    pollDeadlineMs = DEFAULT_POLL_DEADLINE_MS,
    monotonicMs = () => performance.now(),
    wallClockMs = Date.now,
    onReading = () => undefined,
  }: CollectorRunnerOptions = {},
): CollectorRunner {
  function openSource({ collector, options, server }: ConfiguredCollector): OpenSource {
    const plan = collector.polling?.(options);
    const source = collector.open(host, options);
    const readDeadlineMs = plan ? 1000 * (plan.deadlineSeconds ?? pollDeadlineMs / 1000) : deadlineMs;
    const read = readerOf(source, readDeadlineMs, monotonicMs);
    let lastSuccessSeconds: number | undefined;
    const noted = async () => {
      const reading = await read();
      if (reading.state === "ok") lastSuccessSeconds = wallClockMs() / 1000;
      onReading({ collector: collector.name, server }, reading);
      return reading;
    };
    const polling = plan && poll(noted, plan, monotonicMs);
    return {
      async report() {
        const reading = await (polling ? polling.latest(deadlineMs) : noted());
        return { name: collector.name, server, ...reading, lastSuccessSeconds };
      },
      close() {
        polling?.stop();
        source.close();
      },
    };
  }
  const sources = configured.map(openSource);
  const firstToTell = createFirstToTell();

  return {
    run: async () => firstToTell(await Promise.all(sources.map((source) => source.report()))),
    stop() {
      for (const source of sources) source.close();
    },
  };
}

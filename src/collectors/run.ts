import type { Host } from "../kernel/host.ts";
import type { Collector } from "./collector.ts";
import { poll } from "./polling.ts";
import { type MonotonicMs, type Reading, readerOf } from "./reading.ts";
import type { CollectorReport } from "./report.ts";
import { firstToTell } from "./shared-machines.ts";

/** A collector with the options that its own schema has accepted. */
export interface ConfiguredCollector<O = unknown> {
  readonly collector: Collector<O>;
  readonly options: O;
}

export interface CollectorRunnerOptions {
  /** Milliseconds after which a collector is reported as failed and its signal aborted. */
  readonly deadlineMs?: number;
  /** The same for one that is read in the background. */
  readonly pollDeadlineMs?: number;
  readonly monotonicMs?: MonotonicMs;
  /** Unix time in milliseconds. */
  readonly wallClockMs?: () => number;
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
  readonly name: string;
  latest(): Promise<Reading>;
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
  }: CollectorRunnerOptions = {},
): CollectorRunner {
  const lastSuccessSeconds = new Map<string, number>();

  function openSource({ collector, options }: ConfiguredCollector): OpenSource {
    const { name, pollSeconds } = collector;
    const source = collector.open(host, options);
    const read = readerOf(source, pollSeconds === undefined ? deadlineMs : pollDeadlineMs, monotonicMs);
    const noted = async () => {
      const reading = await read();
      if (reading.state === "ok") lastSuccessSeconds.set(name, wallClockMs() / 1000);
      return reading;
    };
    if (pollSeconds === undefined) return { name, latest: noted, close: () => source.close() };
    const polling = poll(noted, pollSeconds, monotonicMs);
    return {
      name,
      latest: () => polling.latest(deadlineMs),
      close() {
        polling.stop();
        source.close();
      },
    };
  }
  const sources = configured.map(openSource);

  async function report({ name, latest }: OpenSource): Promise<CollectorReport> {
    const reading = await latest();
    return { name, ...reading, lastSuccessSeconds: lastSuccessSeconds.get(name) };
  }

  return {
    run: async () => firstToTell(await Promise.all(sources.map(report))),
    stop() {
      for (const source of sources) source.close();
    },
  };
}

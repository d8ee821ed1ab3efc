import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { tooFast } from "../config/found-paths.ts";
import { ConfigError } from "../config/issues.ts";
import type { PathConfig } from "../config/path.ts";
import type { Log } from "../log.ts";
import type { Answer } from "./answer.ts";
import { type Joined, joinPaths } from "./join.ts";
import { SourceProblem } from "./problem.ts";
import type { SourceState } from "./samples.ts";
import type { PathSource } from "./sources.ts";

/** Asks sources for paths again and again, and keeps the last good answer of each. */
export interface Discovery {
  /**
   * Makes these the configured paths and these the sources. A source that stays keeps its paths.
   * @throws ConfigError where all paths together are too fast; nothing changed then
   */
  configure(configured: readonly PathConfig[], sources: readonly PathSource[]): void;
  /** What is to be probed now, configured and found. */
  paths(): readonly PathConfig[];
  states(): readonly SourceState[];
  stop(): void;
}

export interface DiscoveryParts {
  /** The paths changed by themselves, not by configure. */
  readonly onChange: () => void;
  readonly log: Pick<Log, "info" | "warn">;
  /** First pause after a failure; it doubles up to the source's refresh. */
  readonly retrySeconds?: number;
}

interface Followed {
  source: PathSource;
  asking: AbortController;
  paths: readonly PathConfig[];
  lastSuccessSeconds: number | undefined;
  failures: number;
  problem: string | undefined;
  tried: boolean;
}

export function createDiscovery({ onChange, log, retrySeconds = 5 }: DiscoveryParts): Discovery {
  let followed: readonly Followed[] = [];
  let configured: readonly PathConfig[] = [];
  let joined: Joined = joinPaths([], []);
  /** The last warnings of each source; the same ones again are no news. */
  const told = new Map<string, string>();

  async function follow(one: Followed, signal: AbortSignal): Promise<void> {
    const { source } = one;
    const refresh = source.settings.refreshSeconds;
    for (let failed = 0; !signal.aborted; ) {
      const answer = await source.ask(signal).then((given) => accept(one, given, signal), asProblem);
      if (signal.aborted) return;
      one.tried = true;
      if (answer instanceof SourceProblem) fail(one, answer);
      else succeed(one);
      failed = answer instanceof SourceProblem ? failed + 1 : 0;
      const pause =
        answer instanceof SourceProblem ? retrySeconds * 2 ** (failed - 1) : (answer.goodForSeconds ?? refresh);
      await sleep(Math.min(pause, refresh) * 1000, undefined, { signal, ref: false }).catch(ignoreAbort);
    }
  }

  /** @returns the answer, or why it cannot be followed */
  function accept(one: Followed, answer: Answer, signal: AbortSignal): Answer | SourceProblem {
    if (signal.aborted) return answer;
    tell(one.source.label, "its answer", answer.warnings.join("; "));
    const paths = answer.paths === one.paths ? one.paths : keepSame(one.paths, answer.paths);
    if (paths.length === one.paths.length && paths.every((path, i) => path === one.paths[i])) return answer;
    const next = joinPaths(
      configured,
      named(followed, (other) => (other === one ? paths : other.paths)),
    );
    const [issue] = tooFast(next.paths, { file: one.source.label, line: 0, column: 0 });
    if (issue) return new SourceProblem(`with its answer ${issue.message}; ${issue.suggestion}`);
    log.info({ source: one.source.label, before: one.paths.length, now: paths.length }, "a source named other paths");
    one.paths = paths;
    take(next);
    onChange();
    return answer;
  }

  function succeed(one: Followed): void {
    if (one.problem !== undefined) log.info({ source: one.source.label }, "a source of paths is well again");
    one.problem = undefined;
    one.lastSuccessSeconds = Date.now() / 1000;
  }

  function fail(one: Followed, { message }: SourceProblem): void {
    one.failures++;
    if (one.problem !== message) {
      log.warn({ source: one.source.label, problem: message }, "a source of paths fails; those it named last stay");
    }
    one.problem = message;
  }

  function take(next: Joined): void {
    joined = next;
    for (const { source } of followed) tell(source.label, "its paths", next.leftOut.get(source.label) ?? "");
  }

  function tell(source: string, about: string, warning: string): void {
    const key = `${about} ${source}`;
    if (warning !== "" && told.get(key) !== warning) log.warn({ source, warning }, `discovery: ${about}`);
    told.set(key, warning);
  }

  function begin(source: PathSource, earlier: Followed | undefined): Followed {
    if (earlier && isDeepStrictEqual(earlier.source.settings, source.settings)) return earlier;
    const fresh = { paths: [], lastSuccessSeconds: undefined, failures: 0, problem: undefined, tried: false };
    return { ...(earlier ?? fresh), source, asking: new AbortController() };
  }

  return {
    configure(paths, sources) {
      const known = new Map(followed.map((one) => [one.source.label, one]));
      const next = sources.map((source) => begin(source, known.get(source.label)));
      const all = joinPaths(paths, named(next));
      const issues =
        next.length === 0 ? [] : tooFast(all.paths, { file: "configured and discovered", line: 0, column: 0 });
      if (issues.length > 0) throw new ConfigError(issues);
      for (const one of followed) if (!next.includes(one)) one.asking.abort();
      const started = next.filter((one) => !followed.includes(one));
      configured = paths;
      followed = next;
      take(all);
      for (const one of started) void follow(one, one.asking.signal);
    },
    paths: () => joined.paths,
    states: () =>
      followed.map(({ source: { label }, lastSuccessSeconds, failures, problem, tried }) => {
        return { label, paths: joined.counts.get(label) ?? 0, lastSuccessSeconds, failures, problem, tried };
      }),
    stop() {
      for (const { asking } of followed) asking.abort();
    },
  };
}

function named(followed: readonly Followed[], pathsOf = (one: Followed): readonly PathConfig[] => one.paths) {
  return followed.map((one) => ({ label: one.source.label, paths: pathsOf(one) }));
}

/** The new paths, each the very object that it was where nothing changed: whoever compares later is quick. */
function keepSame(before: readonly PathConfig[], after: readonly PathConfig[]): PathConfig[] {
  const known = new Map(before.map((path) => [path.name, path]));
  return after.map((path) => {
    const earlier = known.get(path.name);
    return earlier && isDeepStrictEqual(earlier, path) ? earlier : path;
  });
}

/** Anything else is our own bug. */
function asProblem(error: unknown): SourceProblem {
  if (error instanceof SourceProblem) return error;
  throw error;
}

function ignoreAbort(error: unknown): void {
  if ((error as Error).name !== "AbortError") throw error;
}

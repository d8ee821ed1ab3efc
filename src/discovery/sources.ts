import type { DiscoveryConfig, PathName, PathUrl } from "../config/discovery.ts";
import type { ConfigFiles } from "../config/files.ts";
import { fingerprint } from "../config/watch.ts";
import type { Answer } from "./answer.ts";
import type { NameMachine } from "./dns.ts";
import { askUrl } from "./http.ts";
import { SourceProblem } from "./problem.ts";

/** A place that names paths when it is asked. */
export interface PathSource {
  /** Names it in log and metrics, unique. */
  readonly label: string;
  /** Two sources of the same settings are the same source. */
  readonly settings: PathUrl | PathName;
  /** One question; an answer that did not change may be the same object. @throws SourceProblem */
  ask(signal: AbortSignal): Promise<Answer>;
}

/** DNS is not asked sooner, whatever the TTL. */
const minSeconds = 5;

/** What reads answers is loaded with the first of them: it takes the megabytes of zod, and most exporters ask nobody. */
export function createSources(
  { urls, names }: DiscoveryConfig,
  files: ConfigFiles,
  machine: NameMachine,
): PathSource[] {
  return [...urls.map((url) => urlSource(url, files)), ...names.map((name) => nameSource(name, machine))];
}

function urlSource(settings: PathUrl, files: ConfigFiles): PathSource {
  let last: { readonly print: string; readonly answer: Answer } | undefined;
  return {
    label: settings.label,
    settings,
    async ask(signal) {
      const text = await askUrl(settings, files, signal);
      const { readUrlAnswer } = await import("./answer.ts");
      const print = fingerprint(text);
      if (last?.print !== print) last = { print, answer: await readUrlAnswer(settings, text) };
      return last.answer;
    },
  };
}

function nameSource(settings: PathName, machine: NameMachine): PathSource {
  let existed = false;
  return {
    label: settings.label,
    settings,
    async ask(signal) {
      const { findRecords, pathsOfRecords } = await import("./dns.ts");
      const found = await findRecords(settings, machine, signal);
      if (found === "no such name") {
        // With its last record a name goes away (RFC 8020); one that was never there is likelier a typing error.
        if (existed) return { paths: [], warnings: [] };
        throw new SourceProblem(`there is no such name as ${settings.name}: check its spelling, or create it`);
      }
      const answer = pathsOfRecords(settings, found);
      existed = true;
      if (found.ttlSeconds === undefined) return answer;
      return { ...answer, goodForSeconds: Math.max(found.ttlSeconds, minSeconds) };
    },
  };
}

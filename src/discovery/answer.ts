import { setImmediate } from "node:timers/promises";
import type { PathUrl } from "../config/discovery.ts";
import { type FoundPaths, sameNames } from "../config/found-paths.ts";
import { type ConfigIssue, renderIssue } from "../config/issues.ts";
import { labelKeys } from "../config/label-keys.ts";
import type { PathConfig } from "../config/path.ts";
import { type Group, type ReadTarget, readTargets } from "../config/path-groups.ts";
import type { Places } from "../config/validate.ts";
import { SourceProblem } from "./problem.ts";

/** What one question to a source gave. */
export interface Answer {
  readonly paths: readonly PathConfig[];
  /** What was ignored, one sentence each. */
  readonly warnings: readonly string[];
  /** When to ask again, if before the source's own refresh. */
  readonly goodForSeconds?: number;
}

/** Of one source; an answer with more is a mistake of its server. */
export const maxPaths = 20_000;
const maxLabels = 64;
const maxTextLength = 4096;
const shownIssues = 10;
/** Some 5 ms. */
const targetsInTurn = 100;
/** Three for each path, twice as many in labels, and the list itself. */
const maxBrackets = 9 * maxPaths;

/** The answer of an HTTP SD URL; one wrong entry refuses all of it. @throws SourceProblem with the first ten mistakes */
export async function readUrlAnswer(source: PathUrl, text: string): Promise<Answer> {
  const groups = groupsIn(parseJson(text));
  const ignored = new Set(groups.flatMap(({ labels }) => Object.keys(labels).filter((label) => !labelKeys.has(label))));
  const known = groups.map(({ targets, labels }) => ({
    targets,
    labels: { ...source.labels, ...knownLabels(labels) },
  }));
  const warnings = ignored.size === 0 ? [] : [`labels that mean nothing here are ignored: ${shown([...ignored])}`];
  return { paths: acceptAll(await readInTurns(readTargets(known, nowhere(source.label)))), warnings };
}

/** Others have their turn in between, and it ends where there are more mistakes than are shown. */
async function readInTurns(targets: Iterable<ReadTarget>): Promise<Pick<FoundPaths, "paths" | "issues">> {
  const read: ReadTarget[] = [];
  const issues: ConfigIssue[] = [];
  for (const target of targets) {
    issues.push(...target.issues);
    if (issues.length > shownIssues) break;
    read.push(target);
    if (read.length % targetsInTurn === 0) await setImmediate();
  }
  return { paths: read.map(({ found }) => found), issues };
}

/** The paths, if all that was found is right. @throws SourceProblem */
export function acceptAll({ paths, issues }: Pick<FoundPaths, "paths" | "issues">): PathConfig[] {
  const wrong: readonly ConfigIssue[] = [...issues, ...sameNames(paths)];
  if (wrong.length > 0) {
    const more = wrong.length > shownIssues ? ["and more"] : [];
    throw new SourceProblem([...wrong.slice(0, shownIssues).map(renderIssue), ...more].join("\n"));
  }
  return paths.flatMap(({ path }) => path ?? []);
}

/** Places in something that has no lines: the key alone tells. */
export function nowhere(label: string): Places {
  const place = { file: label, line: 0, column: 0 };
  return { valueAt: () => place, keyAt: () => place };
}

function parseJson(text: string): unknown {
  if (countBrackets(text) > maxBrackets) throw tooMany();
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own words quote the answer, which may hold what is nobody's business.
    throw new SourceProblem("its answer is not JSON: is this the URL of a service discovery?");
  }
}

/** What nests 16 million levels deep takes seconds to parse, and is nothing that we want. */
function countBrackets(text: string): number {
  let count = 0;
  for (let at = text.indexOf("["); at >= 0 && count <= maxBrackets; at = text.indexOf("[", at + 1)) count++;
  for (let at = text.indexOf("{"); at >= 0 && count <= maxBrackets; at = text.indexOf("{", at + 1)) count++;
  return count;
}

/** The form is checked by hand and up to the first mistake: an answer of 16 MiB can hold millions of them. */
function groupsIn(value: unknown): Group[] {
  if (!Array.isArray(value)) throw wrongForm("expected a list of {targets: [...], labels: {...}}");
  if (value.length > maxPaths) throw tooMany();
  let targets = 0;
  return value.map((group: unknown, i) => {
    const read = groupAt(group, `[${i}]`);
    targets += read.targets.length;
    if (targets > maxPaths) throw tooMany();
    return read;
  });
}

function groupAt(group: unknown, at: string): Group {
  if (!isMapping(group)) throw wrongForm(`${at}: expected {targets: [...], labels: {...}}`);
  const { targets, labels = {}, ...others } = group;
  if (Object.keys(others).length > 0) throw wrongForm(`${at}: expected targets and labels, and nothing beside them`);
  if (!Array.isArray(targets) || !targets.every(isText)) throw wrongForm(`${at}.targets: expected a list of texts`);
  if (!isMapping(labels) || !Object.values(labels).every(isText)) {
    throw wrongForm(`${at}.labels: expected a mapping of labels to texts`);
  }
  if (Object.keys(labels).length > maxLabels) throw wrongForm(`${at}.labels: expected at most ${maxLabels} labels`);
  if (Object.hasOwn(labels, "__key_file__")) {
    // Whoever answers must not choose which of this machine's files is read as a key.
    throw wrongForm(
      `${at}.labels.__key_file__: a key file is named in the configuration only: see labels of path_urls`,
    );
  }
  return { targets, labels: labels as Record<string, string> };
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length <= maxTextLength;
}

function knownLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([label]) => labelKeys.has(label)));
}

function shown(labels: readonly string[]): string {
  const first = labels.slice(0, 20).map((label) => label.slice(0, 64));
  return [...first, ...(labels.length > first.length ? [`and ${labels.length - first.length} more`] : [])].join(", ");
}

function wrongForm(message: string): SourceProblem {
  return new SourceProblem(message);
}

function tooMany(): SourceProblem {
  return new SourceProblem(`its answer has more than ${maxPaths} paths: spread them over several sources`);
}

import { Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseAllDocuments, visit } from "yaml";
import type { ConfigIssue, Place } from "./issues.ts";

type Path = readonly PropertyKey[];

/** A YAML (or JSON) text as plain data that still knows where each part stood. */
export interface YamlSource {
  readonly value: unknown;
  /** Syntax errors, duplicate keys, unknown tags, aliases that lead nowhere. */
  readonly issues: readonly ConfigIssue[];
  /** Where the value at a path stands; for a path that does not exist, its nearest existing parent. */
  valueAt(path: Path): Place;
  /** Where the last key of a path stands. */
  keyAt(path: Path): Place;
}

// A configuration has few anchors; a "billion laughs" has many.
const maxAliasCount = 100;
const maxProblems = 20;
const nestedTooDeeply = "nested too deeply to be a configuration";

/** Never throws: what is wrong is in `issues`. An empty text has the value undefined. */
export function parseYaml(file: string, text: string): YamlSource {
  const lineCounter = new LineCounter();
  const place = (offset: number): Place => {
    const { line, col } = lineCounter.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const issue = (offset: number, message: string): ConfigIssue => ({ ...place(offset), key: "", message });

  const parsed = parseAllDocuments(text, { lineCounter, prettyErrors: false, stringKeys: true, logLevel: "silent" });
  const [document = new Document(), second] = [...parsed];
  // Where nesting exhausts the stack, every level reports it again.
  const exhausted = document.errors.find(({ code }) => code === "RESOURCE_EXHAUSTION");
  const problems = exhausted ? [exhausted] : [...document.errors, ...document.warnings].slice(0, maxProblems);
  const issues = problems.map(({ pos, code, message }) => issue(pos[0], explain(code, message)));
  if (second) issues.push(issue(second.range[0], "a second document begins here; expected one document a file"));

  const { value, problem } = exhausted ? {} : toPlainData(document);
  if (problem !== undefined) issues.push(issue(brokenAliasAt(document), problem));
  return {
    value: value ?? undefined,
    issues: issues.sort((a, b) => a.line - b.line || a.column - b.column),
    valueAt: (path) => place(offsetAt(document, path, "value")),
    keyAt: (path) => place(offsetAt(document, path, "key")),
  };
}

function toPlainData(document: Document): { value?: unknown; problem?: string } {
  try {
    return { value: document.toJS({ maxAliasCount }) };
  } catch (error) {
    if (error instanceof ReferenceError) return { problem: syntaxError(error.message) };
    if (error instanceof RangeError) return { problem: nestedTooDeeply };
    throw error;
  }
}

function explain(code: string, message: string): string {
  if (code === "DUPLICATE_KEY") return "the key is in this mapping twice; remove one";
  if (code === "RESOURCE_EXHAUSTION") return nestedTooDeeply;
  if (code === "TAB_AS_INDENT") return "YAML syntax: tabs do not indent; use spaces";
  return syntaxError(message);
}

/** Without the source that some messages end with: a password may begin with * or !. Line and column show the place. */
function syntaxError(message: string): string {
  return `YAML syntax: ${message.replace(/\s+/g, " ").replace(/(?<=[\w)]): .*$/, "")}`;
}

function offsetAt(document: Document, path: Path, part: "key" | "value"): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  path.forEach((step, depth) => {
    const container = isAlias(node) ? node.resolve(document) : node;
    node = undefined;
    if (isSeq(container) && typeof step === "number") node = container.items[step];
    if (isMap(container)) {
      const pair = container.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      offset = startOf(pair?.key) ?? offset;
      if (part === "value" || depth < path.length - 1) node = pair?.value;
    }
    offset = startOf(node) ?? offset;
  });
  return offset;
}

/** Offset of the first alias without an anchor before it; 0 where there is none. */
function brokenAliasAt(document: Document): number {
  let offset = 0;
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document)) return undefined;
      offset = startOf(alias) ?? 0;
      return visit.BREAK;
    },
  });
  return offset;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

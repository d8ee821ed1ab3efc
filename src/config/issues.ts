/** Where in which file; line and column count from 1, and are 0 where there is none (command line, unreadable file). */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface ConfigIssue extends Place {
  /** Such as `paths[1].scope`; empty for the file as a whole. */
  readonly key: string;
  readonly message: string;
  /** What to write instead. */
  readonly suggestion?: string;
}

/** Everything that is wrong with a configuration, in the order of the files. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly issues: readonly ConfigIssue[];

  constructor(issues: readonly ConfigIssue[]) {
    super(issues.map(renderIssue).join("\n"));
    this.issues = issues;
  }
}

/** An issue with a file as a whole. */
export function fileIssue(file: string, reason: string): ConfigIssue {
  return { file, line: 0, column: 0, key: "", message: `cannot be used: ${reason}` };
}

/** `virtloss.yaml:4:7: paths[1].scpe: unknown key; did you mean "scope"?` */
export function renderIssue(issue: ConfigIssue): string {
  const hint = issue.suggestion === undefined ? "" : `; ${issue.suggestion}`;
  return `${renderPlace(issue)}: ${issue.key === "" ? "" : `${issue.key}: `}${issue.message}${hint}`;
}

export function renderPlace({ file, line, column }: Place): string {
  return line === 0 ? file : `${file}:${line}:${column}`;
}

export function renderKey(path: readonly PropertyKey[]): string {
  return path.map((part, i) => (typeof part === "number" ? `[${part}]` : `${i > 0 ? "." : ""}${plain(part)}`)).join("");
}

function plain(part: PropertyKey): string {
  const text = String(part);
  return /^[\w-]{1,64}$/.test(text) ? text : quote(text);
}

/** A text as an error may show it: one short line, without the user and password of a URL. */
export function quote(text: string): string {
  const safe = text.replace(/\/\/[^/@\s]*@/g, "//***@");
  return JSON.stringify(safe.length > 60 ? `${safe.slice(0, 57)}...` : safe);
}

const secretKey = /passw|secret|token|credential|_key$/i;

/** What was found, in words; never the value of a key that may hold a secret. */
export function describeFound(value: unknown, key: string): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return "a mapping";
  if (secretKey.test(key)) return "a value that is not shown";
  return typeof value === "string" ? quote(value) : String(value);
}

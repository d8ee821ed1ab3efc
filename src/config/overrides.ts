import { type FoundPaths, nothingBut } from "./found-paths.ts";
import { type ConfigIssue, quote } from "./issues.ts";
import { type Listen, listenExpectation, parseListen } from "./listen.ts";
import { scopes } from "./path.ts";
import { pathSchema } from "./path-schema.ts";
import { suggest } from "./suggest.ts";
import { parseTarget, targetExpectation } from "./target.ts";

/** What the command line says beside the file; it adds paths and replaces the listen address. */
export interface ConfigOverrides {
  readonly listen?: string;
  /** `SCOPE=TARGET` each; such a path is named by its target. */
  readonly paths: readonly string[];
}

export const noOverrides: ConfigOverrides = { paths: [] };

/** The value of `--listen`. */
export function readListenArgument(argument: string): Listen | ConfigIssue {
  return parseListen(argument) ?? argumentIssue("--listen", argument, listenExpectation);
}

/** The value of one `--path`. */
export function readPathArgument(argument: string): FoundPaths {
  const [, scopeText, target] = /^([^=]*)=(.*)$/s.exec(argument) ?? [];
  if (scopeText === undefined || target === undefined) {
    const example = "for example gateway=default-gateway";
    return nothingBut(argumentIssue("--path", argument, "expected SCOPE=TARGET", example));
  }
  const scope = scopes.find((known) => known === scopeText);
  if (!scope) {
    const expected = `expected a scope (${scopes.join(", ")}) before the =`;
    return nothingBut(argumentIssue("--path", argument, expected, suggest(scopeText, scopes)));
  }
  const parsed = parseTarget(target);
  if ("problem" in parsed) {
    return nothingBut(argumentIssue("--path", argument, `${targetExpectation}, after the =`, parsed.problem));
  }
  const place = { file: `--path ${argument}`, line: 0, column: 0 };
  return {
    paths: [{ name: target, place, key: "", path: pathSchema.parse({ scope, target }) }],
    issues: [],
    warnings: [],
  };
}

function argumentIssue(option: string, value: string, message: string, suggestion?: string): ConfigIssue {
  const issue = { file: option, line: 0, column: 0, key: "", message: `${message}, got ${quote(value)}` };
  return suggestion === undefined ? issue : { ...issue, suggestion };
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./servers.ts";

/** A query of a board, as Grafana would ask it. */
export interface BoardQuery {
  readonly board: string;
  readonly title: string;
  readonly expr: string;
}

/** The generated file of a board. */
export function boardFile(board: string): string {
  return join(root, "dashboards", `${board}.json`);
}

/**
 * @param variables values of the board's variables; where several may be chosen, a regular expression
 * @param rateInterval what Grafana makes of `$__rate_interval`
 */
export function boardQueries(
  board: string,
  variables: Readonly<Record<string, string>>,
  rateInterval: string,
): BoardQuery[] {
  const model = JSON.parse(readFileSync(boardFile(board), "utf8")) as {
    panels: { title?: string; targets?: { expr?: string }[] }[];
  };
  const filledIn = (expr: string) =>
    expr
      .replaceAll("$__rate_interval", rateInterval)
      .replaceAll(/"\$(\w+)"/g, (asWritten, name: string) =>
        name in variables ? JSON.stringify(variables[name]) : asWritten,
      );
  return model.panels.flatMap(({ title = "", targets = [] }) =>
    targets.map(({ expr = "" }) => ({ board, title, expr: filledIn(expr) })),
  );
}

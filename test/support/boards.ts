import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Namespace, run } from "./lab.ts";
import { PROMETHEUS, root } from "./servers.ts";

/** The board drawing program: an external tool, given by its path. CI has it; without it only the queries are tested. */
export const boardViewer = process.env["BOARD_VIEWER"];

/** A query of a board, as Grafana would ask it. */
export interface BoardQuery {
  readonly board: string;
  readonly title: string;
  readonly expr: string;
}

/** The generated file of a board. */
function boardFile(board: string): string {
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

/** What drawing a board with Grafana's own components showed. */
export interface DrawnBoard {
  /** What went wrong, in the components' words. */
  readonly faults: readonly string[];
  /** Titles of the panels without data. */
  readonly empty: readonly string[];
  /** How often it says so to the reader: also where series came without a value that the panel can show. */
  readonly noData: number;
}

/** What the program writes of a board, beside the picture. */
interface Drawn {
  readonly errors: readonly unknown[];
  readonly fallback?: readonly unknown[];
  readonly panels: readonly { title: string; type: string; state?: string; err?: unknown; series?: number }[];
  readonly nodata: number;
  readonly logs: readonly string[];
}

/** @param where Prometheus runs @param directory for the pictures @throws Error where they were not drawn */
export async function drawBoards(
  where: Namespace,
  directory: string,
  boards: readonly string[],
): Promise<DrawnBoard[]> {
  if (!boardViewer) throw new Error("BOARD_VIEWER does not say where the board drawing program is");
  const [file, args] = where.command(boardViewer, PROMETHEUS, directory, ...boards.map(boardFile));
  const { stdout, stderr } = await run(file, args, { seconds: 420 });
  return boards.map((board) => {
    // Exit codes are for empty panels too, which not every test can fill.
    if (!stdout.includes(board)) throw new Error(`${board} was not drawn: ${stdout}${stderr}`);
    const drawn = JSON.parse(readFileSync(join(directory, `${board}.json`), "utf8")) as Drawn;
    const panels = drawn.panels.filter(({ type }) => type !== "text");
    const broken = panels.filter(({ state, err }) => state !== "Done" || err);
    const complaints = drawn.logs.filter((line) => /^(error|pageerror)/.test(line) && !line.includes("404"));
    return {
      faults: [...drawn.errors, ...(drawn.fallback ?? []), ...broken, ...complaints].map((fault) =>
        JSON.stringify(fault),
      ),
      empty: panels.filter(({ series }) => !series).map(({ title }) => title),
      noData: drawn.nodata,
    };
  });
}

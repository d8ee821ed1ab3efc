import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { exporterRunbooks, renderRules } from "../alerts/rules/render.ts";
import { boards, renderBoard } from "../dashboards/boards/index.ts";
import { defaultThresholds } from "./analysis/thresholds.ts";
import { renderConfigSchema } from "./config/json-schema.ts";

/** A file of the repository that is written by this program and committed; a test finds those that are out of date. */
export interface GeneratedFile {
  /** From the repository's root. */
  readonly path: string;
  render(): string;
}

export const generatedFiles: readonly GeneratedFile[] = [
  {
    path: "alerts/virtloss.rules.yaml",
    render: () => renderRules({ thresholds: defaultThresholds, runbooks: exporterRunbooks }),
  },
  ...boards.map(({ name, build }) => ({
    path: `dashboards/${name}.json`,
    render: () => renderBoard(build(defaultThresholds)),
  })),
  { path: "docs/config.schema.json", render: renderConfigSchema },
];

export async function writeGeneratedFiles(directory: string): Promise<void> {
  for (const { path, render } of generatedFiles) {
    const file = `${directory}/${path}`;
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, render());
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await writeGeneratedFiles(process.cwd());

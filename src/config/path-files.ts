import { relative } from "node:path";
import { type ConfigFiles, FileProblem } from "./files.ts";
import { type FoundPaths, joinFound, nothingBut } from "./found-paths.ts";
import { expandPattern } from "./glob.ts";
import { fileIssue } from "./issues.ts";
import { readGroups } from "./path-groups.ts";
import { parseYaml } from "./yaml.ts";

/**
 * The paths of all files that a pattern names. Never throws for a file's sake.
 * @param pattern absolute; see expandPattern
 */
export async function readPathFiles(pattern: string, files: ConfigFiles): Promise<FoundPaths> {
  const names = await expandPattern(pattern, files).catch(asFileProblem);
  if (names instanceof FileProblem) return nothingBut(fileIssue(shown(pattern), names.message));
  if (names.length === 0) return { paths: [], issues: [], warnings: [`${shown(pattern)}: matches no file`] };
  const contents = await Promise.all(
    names.map(async (name) => {
      const text = await files.readText(name).catch(asFileProblem);
      return typeof text === "string"
        ? parsePathFile(shown(name), text)
        : nothingBut(fileIssue(shown(name), text.message));
    }),
  );
  return joinFound(contents);
}

/** A file as its user would write it: relative where it is below the working directory. */
function shown(path: string): string {
  const short = relative("", path);
  return short.startsWith("..") ? path : short;
}

function asFileProblem(error: unknown): FileProblem {
  if (error instanceof FileProblem) return error;
  throw error;
}

/** The paths of one file in Prometheus' file_sd format, YAML or JSON. Never throws. */
export function parsePathFile(file: string, text: string): FoundPaths {
  const source = parseYaml(file, text);
  if (source.issues.length > 0) return { paths: [], issues: source.issues, warnings: [] };
  return readGroups(source.value, source);
}

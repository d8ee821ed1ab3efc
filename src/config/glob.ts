import { basename, dirname, join } from "node:path";
import { type ConfigFiles, FileProblem } from "./files.ts";

function hasWildcard(text: string): boolean {
  return /[*?]/.test(text);
}

/** Is this a pattern that expandPattern can take? */
export function isFilePattern(value: unknown): value is string {
  if (typeof value !== "string" || value === "" || value.endsWith("/") || value.includes("\0")) return false;
  return !hasWildcard(dirname(value));
}

/**
 * The files that a pattern names now, sorted; a pattern without wildcard names its file, whether it exists or not.
 * @param pattern only its last element may hold * and ?, which match no leading dot, as in a shell
 * @throws FileProblem where the directory cannot be read
 */
export async function expandPattern(pattern: string, files: ConfigFiles): Promise<string[]> {
  const directory = dirname(pattern);
  const last = basename(pattern);
  if (!hasWildcard(last)) return [pattern];
  const escaped = last.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  const matcher = new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, "su");
  const names = await files.list(directory).catch((error: unknown) => {
    if (error instanceof FileProblem) throw new FileProblem(`its directory: ${error.message}`);
    throw error;
  });
  return names
    .filter((name) => matcher.test(name) && (last.startsWith(".") || !name.startsWith(".")))
    .sort()
    .map((name) => join(directory, name));
}

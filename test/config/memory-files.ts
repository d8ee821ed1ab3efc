import { posix } from "node:path";
import { type ConfigFiles, FileProblem } from "../../src/config/files.ts";

/** Files that are only in memory, for what asks about texts and not about the file system. */
export function memoryFiles(texts: Readonly<Record<string, string>>): ConfigFiles {
  const read = (path: string): string => {
    const text = texts[path];
    if (text === undefined) throw new FileProblem("no such file");
    return text;
  };
  return {
    readText: async (path) => read(path),
    version: async (path) => read(path),
    list: async (directory) => {
      const names = Object.keys(texts).filter((path) => posix.dirname(path) === directory);
      if (names.length === 0) throw new FileProblem("no such file");
      return names.map((path) => posix.basename(path));
    },
  };
}

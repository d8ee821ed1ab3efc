import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CannotRunError } from "./usage.ts";

export interface TextFile {
  /** Without a directory. */
  readonly name: string;
  readonly text: string;
}

/**
 * Writes files into a directory, which is made where it does not exist, and names each on stderr.
 * @throws CannotRunError where the directory or a file cannot be written
 */
export async function writeFiles(directory: string, files: readonly TextFile[]): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    for (const { name, text } of files) {
      const file = join(directory, name);
      await writeFile(file, text);
      process.stderr.write(`wrote ${file}\n`);
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CannotRunError(`cannot write to ${directory}: ${reason}; give --out a directory that you may write`);
  }
}

import type { KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { renderIssue } from "./issues.ts";
import { parseKeyFile } from "./key-file.ts";

/** The key that a sender uses, the first in its file. @returns a text where there is none, with what is wrong */
export function readPathKey(file: string): KeyObject | string {
  try {
    const { keys, issues } = parseKeyFile(readFileSync(file, "utf8"), file);
    return keys[0] ?? issues.map(renderIssue).join("; ");
  } catch (error) {
    return `${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`;
  }
}

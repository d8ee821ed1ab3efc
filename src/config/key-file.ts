import { createSecretKey, type KeyObject } from "node:crypto";
import { type ConfigFiles, FileProblem } from "./files.ts";
import { type ConfigIssue, fileIssue } from "./issues.ts";

/** Half of what HMAC-SHA-256 gives at most, and all that STAMP sends of it (RFC 8762, section 4.4). */
const SHORTEST_KEY_BYTES = 16;
/** A reflector tries one after the other. */
const MOST_KEYS = 8;

export interface Keys {
  /** The first is what a sender uses; a reflector accepts them all, so that keys can be changed one end at a time. */
  readonly keys: readonly KeyObject[];
  readonly issues: readonly ConfigIssue[];
}

/** Reads a file of keys for authenticated STAMP. What is wrong with it is told without a character of a key. */
export async function readKeyFile(file: string, files: ConfigFiles): Promise<Keys> {
  try {
    return parseKeyFile(await files.readText(file), file);
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    return { keys: [], issues: [fileIssue(file, error.message)] };
  }
}

/** One key a line, in hexadecimal; empty lines and those that begin with # are not looked at. */
export function parseKeyFile(text: string, file: string): Keys {
  const written = text
    .split("\n")
    .map((line, i) => ({ digits: line.trim(), line: i + 1 }))
    .filter(({ digits }) => digits !== "" && !digits.startsWith("#"));
  const issues = written.flatMap(({ digits, line }): ConfigIssue[] => {
    const message = problemOf(digits);
    return message === undefined ? [] : [{ file, line, column: 1, key: "", message }];
  });
  if (written.length === 0) issues.push(fileIssue(file, `it holds no key; ${expectation}`));
  if (written.length > MOST_KEYS) issues.push(fileIssue(file, `it holds ${written.length} keys; at most ${MOST_KEYS}`));
  const keys = issues.length > 0 ? [] : written.map(({ digits }) => createSecretKey(Buffer.from(digits, "hex")));
  return { keys, issues };
}

const expectation = `expected one key a line, at least ${2 * SHORTEST_KEY_BYTES} hexadecimal digits, such as openssl rand -hex 32 prints`;

function problemOf(digits: string): string | undefined {
  if (!/^[0-9A-Fa-f]*$/.test(digits)) return `${expectation}; another character was found`;
  if (digits.length % 2 === 1) return `${expectation}; an odd number of them, ${digits.length}, was found`;
  if (digits.length < 2 * SHORTEST_KEY_BYTES) return `${expectation}; ${digits.length} were found`;
  return undefined;
}

import type { MachineFacts } from "./machine.ts";

/** What a collector asked for does not exist on this machine (ENOENT, EOPNOTSUPP, ENODEV): absent, not failed. */
export class SourceAbsentError extends Error {
  override readonly name = "SourceAbsentError";
}

/** The kernel refused (EACCES, EPERM). The message says what would be needed. */
export class NotPermittedError extends Error {
  override readonly name = "NotPermittedError";
}

/** Text that we cannot read: says which file, which row, what was expected and what was found. */
export class ParseError extends Error {
  override readonly name = "ParseError";
}

/** Everything impure that a collector may do. Paths are absolute; all calls obey the collector's deadline. */
export interface Host {
  /** @throws SourceAbsentError, NotPermittedError */
  readText(path: string): Promise<string>;
  /** Names in a directory, sorted. @throws SourceAbsentError, NotPermittedError */
  list(path: string): Promise<readonly string[]>;
  /** The target of a symbolic link, unresolved. @throws SourceAbsentError, NotPermittedError */
  readLink(path: string): Promise<string>;
  /**
   * One SIOCETHTOOL call: `request` is the kernel's struct, filled in; the answer is the same struct as the kernel left it.
   * @throws SourceAbsentError where driver or kernel lacks the command, NotPermittedError
   */
  ethtool(device: string, request: Uint8Array): Promise<Uint8Array>;
  /** Static facts, asked for in the background; undefined until they are known. */
  machine(): MachineFacts | undefined;
}

import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type ConfigFiles, FileProblem } from "./files.ts";
import { expandPattern } from "./glob.ts";

/** Content of files by name: a hash, or why a file could not be read. */
export type Fingerprints = ReadonlyMap<string, string>;

export interface WatchOptions {
  /** Absolute patterns to watch now; asked at each poll, because a reload may change them. */
  readonly patterns: () => readonly string[];
  /** What the last good load saw. A change is a difference to it. */
  readonly seen: () => Fingerprints;
  readonly files: ConfigFiles;
  readonly intervalSeconds: number;
  /** A file that is being written is left alone until it stayed the same for so long. */
  readonly settleSeconds: number;
  /** Called once for a change; a load that succeeds makes `seen` another map. */
  readonly onChange: () => Promise<void>;
  readonly signal: AbortSignal;
}

export function fingerprint(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/**
 * Polls, because inotify does not see what Kubernetes does: it swaps a symbolic link two levels above the file.
 * Ends when the signal does; rejects only with what onChange rejects with.
 */
export async function watchFiles(options: WatchOptions): Promise<void> {
  const { files, patterns, seen, onChange, signal } = options;
  const look = createLook(files);
  const pause = (seconds: number) => sleep(seconds * 1000, undefined, { signal, ref: false }).catch(ignoreAbort);
  // What was called back for; holds until a load succeeds, so that a file that stays wrong is told once.
  let told: { readonly now: Fingerprints; readonly seen: Fingerprints } | undefined;
  const isKnown = (now: Fingerprints) => isSame(now, told && told.seen === seen() ? told.now : seen());

  while (!signal.aborted) {
    await pause(options.intervalSeconds);
    let now = await look(patterns());
    let before: Fingerprints | undefined;
    while (!signal.aborted && !isKnown(now) && !(before && isSame(now, before))) {
      before = now;
      await pause(options.settleSeconds);
      now = await look(patterns());
    }
    if (signal.aborted || isKnown(now)) continue;
    told = { now, seen: seen() };
    await onChange();
  }
}

function ignoreAbort(error: unknown): void {
  if ((error as Error).name !== "AbortError") throw error;
}

/** Reads only files whose version changed since the last look. */
function createLook(files: ConfigFiles): (patterns: readonly string[]) => Promise<Fingerprints> {
  let known = new Map<string, { version: string; print: string }>();
  return async (patterns) => {
    const lists = await Promise.all(patterns.map((pattern) => expandPattern(pattern, files).catch(nameAsProblem)));
    const next = new Map<string, { version: string; print: string }>();
    for (const name of new Set(lists.flat())) {
      const version = await files.version(name).catch(problemText);
      const earlier = known.get(name);
      const print =
        earlier?.version === version ? earlier.print : await files.readText(name).then(fingerprint, problemText);
      next.set(name, { version, print });
    }
    known = next;
    return new Map([...next].map(([name, { print }]) => [name, print]));
  };
}

function problemText(error: unknown): string {
  if (error instanceof FileProblem) return error.message;
  throw error;
}

/** A directory that cannot be read has no files to compare; loading it will say why. */
function nameAsProblem(error: unknown): string[] {
  if (error instanceof FileProblem) return [];
  throw error;
}

function isSame(a: Fingerprints, b: Fingerprints): boolean {
  return a.size === b.size && [...a].every(([name, print]) => b.get(name) === print);
}

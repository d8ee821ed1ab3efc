import { isDeepStrictEqual } from "node:util";
import type { PathConfig } from "./path.ts";

/** A path that is in both configurations, under one name. */
export interface PathChange {
  readonly before: PathConfig;
  readonly after: PathConfig;
}

export interface PathDiff {
  readonly added: readonly PathConfig[];
  readonly removed: readonly PathConfig[];
  /** Only rate or sizes differ: the path lives on, with its counters. */
  readonly retuned: readonly PathChange[];
  /** Something else differs: the old path ends and a new one begins at 0. */
  readonly replaced: readonly PathChange[];
  readonly unchanged: readonly PathConfig[];
}

/** What a reload changes, path by path; a path is known by its name. */
export function diffPaths(before: readonly PathConfig[], after: readonly PathConfig[]): PathDiff {
  const old = new Map(before.map((path) => [path.name, path]));
  const names = new Set(after.map((path) => path.name));
  const kept = after.flatMap((path): PathChange[] => {
    const earlier = old.get(path.name);
    return earlier ? [{ before: earlier, after: path }] : [];
  });
  const isSame = (change: PathChange) => isDeepStrictEqual(change.before, change.after);
  const isRetuned = (change: PathChange) => !isSame(change) && isDeepStrictEqual(...untuned(change));
  return {
    added: after.filter((path) => !old.has(path.name)),
    removed: before.filter((path) => !names.has(path.name)),
    retuned: kept.filter(isRetuned),
    replaced: kept.filter((change) => !isSame(change) && !isRetuned(change)),
    unchanged: kept.filter(isSame).map((change) => change.before),
  };
}

/** Both sides with the after's rate and sizes: what still differs is no tuning. */
function untuned({ before, after }: PathChange): [PathConfig, PathConfig] {
  return [{ ...before, ratePerSecond: after.ratePerSecond, sizes: after.sizes }, after];
}

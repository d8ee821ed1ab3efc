import { ENGINE_MAX_PACKETS_PER_SECOND } from "../prober/limits.ts";
import { type ConfigIssue, type Place, quote, renderPlace } from "./issues.ts";
import type { PathConfig } from "./path.ts";

/** A path as far as it could be read, with the place of its name: uniqueness is judged over all files. */
export interface FoundPath {
  readonly name: string;
  readonly place: Place;
  readonly key: string;
  /** Undefined where the path has errors. */
  readonly path?: PathConfig;
}

/** What one place had to say about paths. */
export interface FoundPaths {
  readonly paths: readonly FoundPath[];
  readonly issues: readonly ConfigIssue[];
  readonly warnings: readonly string[];
}

export function nothingBut(issue: ConfigIssue): FoundPaths {
  return { paths: [], issues: [issue], warnings: [] };
}

export function joinFound(parts: readonly FoundPaths[]): FoundPaths {
  return {
    paths: parts.flatMap((part) => part.paths),
    issues: parts.flatMap((part) => part.issues),
    warnings: parts.flatMap((part) => part.warnings),
  };
}

/** An issue for each path whose name an earlier one has: two paths under one name would be one series. */
export function sameNames(found: readonly FoundPath[]): ConfigIssue[] {
  const first = new Map<string, FoundPath>();
  return found.flatMap((path) => {
    const earlier = first.get(path.name);
    if (!earlier) first.set(path.name, path);
    if (!earlier) return [];
    // What came over the network has no lines.
    const where = earlier.place.line === 0 && earlier.key !== "" ? earlier.key : renderPlace(earlier.place);
    const message = `the name ${quote(path.name)} is already that of the path at ${where}`;
    return [{ ...path.place, key: path.key, message, suggestion: "give each path its own name" }];
  });
}

/** An issue where the paths together ask for more than one engine can send. */
export function tooFast(paths: readonly PathConfig[], place: Place): ConfigIssue[] {
  const packetsPerSecond = packetsPerSecondOf(paths);
  if (packetsPerSecond <= ENGINE_MAX_PACKETS_PER_SECOND) return [];
  const message =
    `the paths together send ${packetsPerSecond} packets per second; expected at most ` +
    `${ENGINE_MAX_PACKETS_PER_SECOND}, the measured limit of the probe engine`;
  return [{ ...place, key: "paths", message, suggestion: "lower their rates, or spread them over several machines" }];
}

export function packetsPerSecondOf(paths: readonly PathConfig[]): number {
  return Number(paths.reduce((sum, path) => sum + path.ratePerSecond, 0).toPrecision(9));
}

import { quote } from "../config/issues.ts";
import type { PathConfig } from "../config/path.ts";

/** The paths of one source, as it last named them. */
export interface NamedPaths {
  readonly label: string;
  readonly paths: readonly PathConfig[];
}

export interface Joined {
  /** Configured ones first; names are unique. */
  readonly paths: readonly PathConfig[];
  /** How many of them came from each source. */
  readonly counts: ReadonlyMap<string, number>;
  /** A sentence for each source that has a path whose name is taken. */
  readonly leftOut: ReadonlyMap<string, string>;
}

/** What is to be probed. Of two paths under one name the configured one stays, else that of the source listed first. */
export function joinPaths(configured: readonly PathConfig[], sources: readonly NamedPaths[]): Joined {
  const owners = new Map(configured.map(({ name }) => [name, "the configuration"]));
  const parts = sources.map(({ label, paths }) => {
    const taken = paths.filter(({ name }) => !owners.has(name));
    const twins = paths.flatMap(({ name }) => (owners.has(name) ? [`${quote(name)} of ${owners.get(name)}`] : []));
    for (const { name } of taken) owners.set(name, label);
    return { label, taken, twins };
  });
  return {
    paths: [...configured, ...parts.flatMap(({ taken }) => taken)],
    counts: new Map(parts.map(({ label, taken }) => [label, taken.length])),
    leftOut: new Map(parts.flatMap(({ label, twins }) => (twins.length > 0 ? [[label, sentence(twins)]] : []))),
  };
}

const shownTwins = 5;

function sentence(twins: readonly string[]): string {
  const more = twins.length > shownTwins ? ` and ${twins.length - shownTwins} more` : "";
  return `paths are left out because their names are taken: ${twins.slice(0, shownTwins).join(", ")}${more}`;
}

import { z } from "zod";
import type { FoundPath, FoundPaths } from "./found-paths.ts";
import { type ConfigIssue, renderIssue, renderKey } from "./issues.ts";
import { keysOfLabels, labelKeys } from "./label-keys.ts";
import { pathSchema } from "./path-schema.ts";
import { type Places, validate } from "./validate.ts";

const labelsHelp = "expected a mapping of labels to texts, with __scope__ among them";
const targetsHelp = "expected a list of targets, such as [10.0.0.12]";

const groupsSchema = z.array(
  z.strictObject({
    targets: z.array(z.string({ error: targetsHelp }), { error: targetsHelp }),
    labels: z.record(z.string(), z.string({ error: "expected a text: labels are texts" }), { error: labelsHelp }),
  }),
  { error: "expected a list of {targets: [...], labels: {__scope__: ...}}" },
);

export interface Group {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * The paths of target groups, as Prometheus' file_sd and HTTP SD have them. Never throws.
 * @param source where each part of the value stands
 */
export function readGroups(value: unknown, source: Places): FoundPaths {
  const { value: groups, issues } = validate(groupsSchema, value, source);
  if (!groups) return { paths: [], issues, warnings: [] };
  const targets = [...readTargets(groups, source)];
  return {
    paths: targets.map(({ found }) => found),
    issues: targets.flatMap((target) => target.issues),
    warnings: groups.flatMap((group, i) => ignoredLabels(group, i, source)),
  };
}

/** One target as far as it could be read. */
export interface ReadTarget {
  readonly found: FoundPath;
  readonly issues: readonly ConfigIssue[];
}

/** The targets of groups whose form is known to be right, one after the other: thousands take their time. */
export function* readTargets(groups: readonly Group[], source: Places): Generator<ReadTarget> {
  for (const [i, group] of groups.entries()) {
    for (let j = 0; j < group.targets.length; j++) yield readTarget(group, i, j, source);
  }
}

function readTarget(group: Group, groupIndex: number, targetIndex: number, source: Places): ReadTarget {
  const target = group.targets[targetIndex] ?? "";
  const targetPath = [groupIndex, "targets", targetIndex];
  const placeOf = (path: readonly PropertyKey[]): PropertyKey[] => {
    const label = [...labelKeys].find(([, { key }]) => key === path[0])?.[0];
    return label === undefined ? targetPath : [groupIndex, "labels", label];
  };
  const { value, issues } = validate(pathSchema, { ...keysOfLabels(group.labels), target }, source, placeOf);
  const namePath = Object.hasOwn(group.labels, "path") ? placeOf(["name"]) : targetPath;
  return {
    found: {
      name: group.labels["path"] ?? target,
      place: source.valueAt(namePath),
      key: renderKey(namePath),
      ...(value ? { path: value } : {}),
    },
    issues,
  };
}

function ignoredLabels(group: Group, groupIndex: number, source: Places): string[] {
  return Object.keys(group.labels)
    .filter((label) => !labelKeys.has(label))
    .map((label) => {
      const path = [groupIndex, "labels", label];
      const suggestion = `known labels are ${[...labelKeys.keys()].join(", ")}`;
      return renderIssue({ ...source.keyAt(path), key: renderKey(path), message: "the label is ignored", suggestion });
    });
}

import { relative } from "node:path";
import { z } from "zod";
import { type ConfigFiles, FileProblem } from "./files.ts";
import { type FoundPath, type FoundPaths, joinFound, nothingBut } from "./found-paths.ts";
import { expandPattern } from "./glob.ts";
import { type ConfigIssue, fileIssue, renderIssue, renderKey } from "./issues.ts";
import { pathSchema } from "./path-schema.ts";
import { validate } from "./validate.ts";
import { parseYaml, type YamlSource } from "./yaml.ts";

const labelsHelp = "expected a mapping of labels to texts, with __scope__ among them";
const targetsHelp = "expected a list of targets, such as [10.0.0.12]";

const groupsSchema = z.array(
  z.strictObject({
    targets: z.array(z.string({ error: targetsHelp }), { error: targetsHelp }),
    labels: z.record(z.string(), z.string({ error: "expected a text: labels are texts" }), { error: labelsHelp }),
  }),
  { error: "expected a list of {targets: [...], labels: {__scope__: ...}}" },
);

type Group = z.output<typeof groupsSchema>[number];

/** From label to the key of a path in the configuration, and its notation. */
const labelKeys: Readonly<Record<string, { readonly key: string; readonly read: (label: string) => unknown }>> = {
  path: { key: "name", read: (label) => label },
  __scope__: { key: "scope", read: (label) => label },
  __protocols__: { key: "protocols", read: (label) => splitList(label) },
  __sizes__: { key: "sizes", read: (label) => splitList(label).map(numberOrText) },
  __rate__: { key: "rate", read: numberOrText },
  __timeout__: { key: "timeout", read: (label) => label },
  __ip_version__: { key: "ip_version", read: numberOrText },
};

function splitList(label: string): string[] {
  return label.split(",").map((item) => item.trim());
}

function numberOrText(label: string): number | string {
  return /^\d+(\.\d+)?$/.test(label) ? Number(label) : label;
}

/**
 * The paths of all files that a pattern names. Never throws for a file's sake.
 * @param pattern absolute; see expandPattern
 */
export async function readPathFiles(pattern: string, files: ConfigFiles): Promise<FoundPaths> {
  const names = await expandPattern(pattern, files).catch(asFileProblem);
  if (names instanceof FileProblem) return nothingBut(fileIssue(shown(pattern), names.message));
  if (names.length === 0) return { paths: [], issues: [], warnings: [`${shown(pattern)}: matches no file`] };
  const contents = await Promise.all(
    names.map(async (name) => {
      const text = await files.readText(name).catch(asFileProblem);
      return typeof text === "string"
        ? parsePathFile(shown(name), text)
        : nothingBut(fileIssue(shown(name), text.message));
    }),
  );
  return joinFound(contents);
}

/** A file as its user would write it: relative where it is below the working directory. */
function shown(path: string): string {
  const short = relative("", path);
  return short.startsWith("..") ? path : short;
}

function asFileProblem(error: unknown): FileProblem {
  if (error instanceof FileProblem) return error;
  throw error;
}

/** The paths of one file in Prometheus' file_sd format, YAML or JSON. Never throws. */
export function parsePathFile(file: string, text: string): FoundPaths {
  const source = parseYaml(file, text);
  if (source.issues.length > 0) return { paths: [], issues: source.issues, warnings: [] };
  const { value: groups, issues } = validate(groupsSchema, source.value, source);
  if (!groups) return { paths: [], issues, warnings: [] };
  const targets = groups.flatMap((group, i) => group.targets.map((_, j) => readTarget(group, i, j, source)));
  return {
    paths: targets.map(({ found }) => found),
    issues: targets.flatMap((target) => target.issues),
    warnings: groups.flatMap((group, i) => ignoredLabels(group, i, source)),
  };
}

function readTarget(
  group: Group,
  groupIndex: number,
  targetIndex: number,
  source: YamlSource,
): { found: FoundPath; issues: readonly ConfigIssue[] } {
  const target = group.targets[targetIndex] ?? "";
  const known = Object.entries(labelKeys).filter(([label]) => Object.hasOwn(group.labels, label));
  const raw = {
    ...Object.fromEntries(known.map(([label, { key, read }]) => [key, read(group.labels[label] ?? "")])),
    target,
  };
  const targetPath = [groupIndex, "targets", targetIndex];
  const placeOf = (path: readonly PropertyKey[]): PropertyKey[] => {
    const label = Object.keys(labelKeys).find((name) => labelKeys[name]?.key === path[0]);
    return label === undefined ? targetPath : [groupIndex, "labels", label];
  };
  const { value, issues } = validate(pathSchema, raw, source, placeOf);
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

function ignoredLabels(group: Group, groupIndex: number, source: YamlSource): string[] {
  return Object.keys(group.labels)
    .filter((label) => !Object.hasOwn(labelKeys, label))
    .map((label) => {
      const path = [groupIndex, "labels", label];
      const suggestion = `known labels are ${Object.keys(labelKeys).join(", ")}`;
      return renderIssue({ ...source.keyAt(path), key: renderKey(path), message: "the label is ignored", suggestion });
    });
}

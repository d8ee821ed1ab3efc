import { dirname, resolve } from "node:path";
import { collectorsOf } from "./collector-options.ts";
import { keyFilesOf, labelIssues, pathNameOf, pathUrlOf, sameLabels, templateIssues } from "./discovery.ts";
import { type ConfigFiles, FileProblem, realFiles } from "./files.ts";
import { type FoundPath, joinFound, sameNames, tooFast } from "./found-paths.ts";
import { deepFreeze } from "./freeze.ts";
import { isFilePattern } from "./glob.ts";
import { ConfigError, type ConfigIssue, fileIssue, renderKey } from "./issues.ts";
import { readKeyFile } from "./key-file.ts";
import { type ConfigOverrides, noOverrides, readListenArgument, readPathArgument } from "./overrides.ts";
import type { PathConfig } from "./path.ts";
import { readPathFiles } from "./path-files.ts";
import { pathSchema } from "./path-schema.ts";
import type { ProbeEndpointConfig } from "./probe-endpoint.ts";
import type { ReflectorConfig } from "./reflector-schema.ts";
import { type Config, configSchema, type WrittenConfig } from "./schema.ts";
import { validate } from "./validate.ts";
import { parseYaml, type YamlSource } from "./yaml.ts";

/**
 * The configuration of file, path files and command line, defaults filled in, deeply frozen.
 * @param file undefined: defaults and command line only
 * @throws ConfigError with everything that is wrong
 */
export async function loadConfig(
  file: string | undefined,
  overrides: ConfigOverrides = noOverrides,
  files: ConfigFiles = realFiles,
): Promise<Config> {
  const source = parseYaml(file ?? "command line", file === undefined ? "" : await readOrThrow(file, files));
  // An empty file is an empty mapping: every key has a default.
  const written = source.value ?? {};
  const config = validate(configSchema, written, source);

  const directory = file === undefined ? resolve() : dirname(resolve(file));
  const pathFiles = listAt(written, "path_files")
    .filter(isFilePattern)
    .map((pattern) => resolve(directory, pattern));
  const fromFiles = joinFound(await Promise.all(pathFiles.map((pattern) => readPathFiles(pattern, files))));
  const fromArguments = joinFound(overrides.paths.map(readPathArgument));
  const listen = overrides.listen === undefined ? undefined : readListenArgument(overrides.listen);

  const found = [...pathsInConfig(written, source, config.value?.paths), ...fromFiles.paths, ...fromArguments.paths];
  const paths = found.flatMap(({ path }) => (path ? withKeyFile(path, directory) : []));
  const discovery = config.value && readDiscovery(config.value, written, directory, source);
  const probe = config.value?.probe && withModuleKeys(config.value.probe, directory);
  const modulePaths = Object.values(probe?.modules ?? {}).map(({ path }) => path);
  const reflector = config.value?.reflector && (await withKeys(config.value.reflector, directory, files));
  const issues = [
    ...inOrder([...source.issues, ...unlessCutOff(config.issues, source.issues)]),
    ...fromFiles.issues,
    ...fromArguments.issues,
    ...(listen && "message" in listen ? [listen] : []),
    ...(discovery?.issues ?? []),
    ...(reflector?.issues ?? []),
    ...(await keyIssues([...paths, ...modulePaths, ...(discovery ? keyFilesOf(discovery) : [])], files)),
    ...sameNames(found),
    ...tooFast(paths, file === undefined ? { file: "--path", line: 0, column: 0 } : source.keyAt(["paths"])),
  ];
  if (issues.length > 0 || !config.value || !discovery) throw new ConfigError(issues);

  const { web, prober, thresholds, log } = config.value;
  const { urls, names } = discovery;
  const elsewhere = [pathFiles, urls, names, overrides.paths].some((list) => list.length > 0);
  const pathsAreDefault = config.value.paths === undefined && !elsewhere;
  return deepFreeze({
    paths: pathsAreDefault ? [loopbackPath()] : paths,
    pathsAreDefault,
    pathFiles,
    discovery: { urls, names },
    web: { listen: listen && "port" in listen ? listen : web.listen, enableLifecycle: web.enable_lifecycle },
    collectors: collectorsOf(config.value, directory),
    prober: { receiveBufferBytes: prober.receive_buffer ?? null },
    ...(probe && { probe }),
    ...(reflector && { reflector: reflector.config }),
    thresholds,
    log,
    warnings: fromFiles.warnings,
  });
}

/** Names of files are relative to the configuration's directory. */
function withKeyFile<P extends Pick<PathConfig, "keyFile">>(path: P, directory: string): P {
  return path.keyFile === undefined ? path : { ...path, keyFile: resolve(directory, path.keyFile) };
}

function withModuleKeys(probe: ProbeEndpointConfig, directory: string): ProbeEndpointConfig {
  const modules = Object.entries(probe.modules).map(([name, module]) => [
    name,
    { ...module, path: withKeyFile(module.path, directory) },
  ]);
  return { ...probe, modules: Object.fromEntries(modules) };
}

function loopbackPath(): PathConfig {
  return pathSchema.parse({ name: "loopback", scope: "control", target: "127.0.0.1" });
}

async function readOrThrow(file: string, files: ConfigFiles): Promise<string> {
  try {
    return await files.readText(file);
  } catch (error) {
    throw error instanceof FileProblem ? new ConfigError([fileIssue(file, error.message)]) : error;
  }
}

function listAt(value: unknown, key: string): readonly unknown[] {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return [];
  const list = (value as Record<string, unknown>)[key];
  return Array.isArray(list) ? list : [];
}

/** Names are read even where a path has errors, so that a name given twice is told in the same run. */
function pathsInConfig(written: unknown, source: YamlSource, parsed: readonly PathConfig[] = []): FoundPath[] {
  return listAt(written, "paths").flatMap((item, i) => {
    const path = parsed[i];
    const { name, target } = (item ?? {}) as Record<string, unknown>;
    const shownName = path?.name ?? name ?? target;
    if (typeof shownName !== "string") return [];
    const key = ["paths", i, name === undefined ? "target" : "name"];
    return [{ name: shownName, place: source.valueAt(key), key: renderKey(key), ...(path ? { path } : {}) }];
  });
}

/** What is wrong with the keys that paths name; they are read again when the paths begin. */
async function keyIssues(paths: readonly Pick<PathConfig, "keyFile">[], files: ConfigFiles): Promise<ConfigIssue[]> {
  const names = new Set(paths.flatMap(({ keyFile }) => keyFile ?? []));
  const read = await Promise.all([...names].map((name) => readKeyFile(name, files)));
  return read.flatMap(({ issues }) => issues);
}

/** The keys of a reflector that has a file of them. */
async function withKeys(reflector: ReflectorConfig, directory: string, files: ConfigFiles) {
  if (reflector.keyFile === undefined) return { config: reflector, issues: [] };
  const { keys, issues } = await readKeyFile(resolve(directory, reflector.keyFile), files);
  return { config: { ...reflector, keys }, issues };
}

/** The sources that are asked at run time, and what is wrong with the paths that they could give. */
function readDiscovery(
  { path_urls, path_names }: Pick<WrittenConfig, "path_urls" | "path_names">,
  written: unknown,
  directory: string,
  source: YamlSource,
) {
  const urls = path_urls.map((url) => pathUrlOf(url, directory));
  const raw = listAt(written, "path_names");
  const names = path_names.map((name, i) => pathNameOf(name, (raw[i] ?? {}) as Record<string, unknown>, directory));
  const issues = [
    ...urls.flatMap((url, i) => labelIssues(url, ["path_urls", i], source)),
    ...names.flatMap((name, i) => templateIssues(name, ["path_names", i], source)),
    ...sameLabels(
      [
        ...urls.map(({ label }, i) => ({ label, at: ["path_urls", i] })),
        ...names.map(({ label }, i) => ({ label, at: ["path_names", i] })),
      ],
      source,
    ),
  ];
  return { urls, names, issues };
}

/** What stands behind a syntax error may have been read wrongly, and what is missing may have been cut off by it. */
function unlessCutOff(issues: readonly ConfigIssue[], syntaxErrors: readonly ConfigIssue[]): readonly ConfigIssue[] {
  const first = syntaxErrors[0];
  if (!first) return issues;
  return issues.filter((issue) => issue.line < first.line && !issue.message.startsWith("is missing"));
}

function inOrder(issues: readonly ConfigIssue[]): ConfigIssue[] {
  return [...issues].sort((a, b) => a.line - b.line || a.column - b.column);
}

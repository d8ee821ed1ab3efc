import { resolve } from "node:path";
import { type RecordType, templateKeys, type WrittenName, type WrittenUrl } from "./discovery-schema.ts";
import { type ConfigIssue, quote, renderKey } from "./issues.ts";
import { keysOfLabels, labelKeys } from "./label-keys.ts";
import { pathSchema } from "./path-schema.ts";
import { suggest } from "./suggest.ts";
import { type Places, validate } from "./validate.ts";

/** A URL that names paths. */
export interface PathUrl {
  /** Names it in log and metrics; holds neither user, password nor query. */
  readonly label: string;
  readonly url: string;
  readonly refreshSeconds: number;
  readonly timeoutSeconds: number;
  /** Of every group that does not have them itself. */
  readonly labels: Readonly<Record<string, string>>;
  /** Files are absolute. */
  readonly login:
    | { readonly username: string; readonly passwordFile: string }
    | { readonly authorizationFile: string }
    | undefined;
  readonly tls: { readonly caFile: string | undefined; readonly insecureSkipVerify: boolean };
}

/** A name in DNS whose records are paths. */
export interface PathName {
  readonly label: string;
  readonly name: string;
  readonly type: RecordType;
  readonly refreshSeconds: number;
  /** Keys of each path but name and target, as written in the configuration. */
  readonly template: Readonly<Record<string, unknown>>;
}

export interface DiscoveryConfig {
  readonly urls: readonly PathUrl[];
  readonly names: readonly PathName[];
}

/** The URL as log and metrics may show it. */
function publicUrl(text: string): string {
  const { origin, pathname } = new URL(text);
  return `${origin}${pathname}`;
}

/** @param directory that file names are relative to */
export function pathUrlOf(written: WrittenUrl, directory: string): PathUrl {
  const { url, name, username, password_file, authorization_file, tls } = written;
  const absolute = (file: string) => resolve(directory, file);
  const login =
    username !== undefined && password_file !== undefined
      ? { username, passwordFile: absolute(password_file) }
      : authorization_file === undefined
        ? undefined
        : { authorizationFile: absolute(authorization_file) };
  return {
    label: name ?? publicUrl(url),
    url,
    refreshSeconds: written.refresh,
    timeoutSeconds: written.timeout,
    labels: Object.fromEntries(
      Object.entries(written.labels).map(([label, text]) => [label, label === "__key_file__" ? absolute(text) : text]),
    ),
    login,
    tls: {
      caFile: tls?.ca_file === undefined ? undefined : absolute(tls.ca_file),
      insecureSkipVerify: tls?.insecure_skip_verify ?? false,
    },
  };
}

/** @param raw the same as it is written, before defaults and units @param directory that file names are relative to */
export function pathNameOf(
  { name, type, refresh, key_file }: WrittenName,
  raw: Readonly<Record<string, unknown>>,
  directory: string,
): PathName {
  const keys = templateKeys.filter((key) => Object.hasOwn(raw, key));
  const template = {
    ...Object.fromEntries(keys.map((key) => [key, raw[key]])),
    ...(key_file === undefined ? {} : { key_file: resolve(directory, key_file) }),
  };
  return { label: `${name} ${type}`, name, type, refreshSeconds: refresh, template };
}

/** The key files that paths of these sources will have, in the form in which paths have them. */
export function keyFilesOf({ urls, names }: DiscoveryConfig): { readonly keyFile: string }[] {
  const files = [
    ...urls.map(({ labels }) => labels["__key_file__"]),
    ...names.map(({ template }) => template["key_file"]),
  ];
  return files.flatMap((file) => (typeof file === "string" ? [{ keyFile: file }] : []));
}

/** What pathSchema takes for one record. @param port of an SRV record; icmp has none */
export function pathOfRecord({ name, template }: PathName, target: string, port?: number): Record<string, unknown> {
  const protocols = template["protocols"];
  const hasPort = Array.isArray(protocols) && protocols.some((protocol) => protocol === "stamp" || protocol === "tcp");
  return {
    ...template,
    name: port === undefined ? `${name}/${target}` : `${name}/${target}:${port}`,
    target,
    ...(port !== undefined && hasPort ? { port } : {}),
  };
}

/** A record of each kind that a type may give: what no such path could have is told before anything is asked. */
const examples = {
  address: ["192.0.2.1", "2001:db8::1"],
  A: ["192.0.2.1"],
  AAAA: ["2001:db8::1"],
  SRV: ["target.example"],
} as const satisfies Record<RecordType, readonly string[]>;

/** What is wrong with the paths that a name would give. @param at its place in the configuration */
export function templateIssues(source: PathName, at: readonly PropertyKey[], places: Places): ConfigIssue[] {
  const placeOf = (path: readonly PropertyKey[]) => [...at, ...path];
  if (source.type === "SRV" && Object.hasOwn(source.template, "port")) {
    const place = placeOf(["port"]);
    const message = "an SRV record brings its own port";
    return [{ ...places.valueAt(place), key: renderKey(place), message, suggestion: "leave it out" }];
  }
  const port = source.type === "SRV" ? 1 : undefined;
  const [issues = []] = examples[source.type]
    .map((target) => validate(pathSchema, pathOfRecord(source, target, port), places, placeOf).issues)
    .filter((found) => found.length > 0);
  return [...issues];
}

/** What is wrong with the labels that a URL's paths have by default. */
export function labelIssues({ labels }: PathUrl, at: readonly PropertyKey[], places: Places): ConfigIssue[] {
  const placeOf = (path: readonly PropertyKey[]) => {
    const label = [...labelKeys].find(([, { key }]) => key === path[0])?.[0];
    return label === undefined ? [...at, "labels"] : [...at, "labels", label];
  };
  const unknown = Object.keys(labels)
    .filter((label) => !labelKeys.has(label) || label === "path")
    .map((label): ConfigIssue => {
      const place = [...at, "labels", label];
      const known = [...labelKeys.keys()].filter((other) => other !== "path");
      const message = label === "path" ? "two paths may not have one name" : "unknown label";
      const suggestion = suggest(label, known) ?? `known labels are ${known.join(", ")}`;
      return { ...places.keyAt(place), key: renderKey(place), message, suggestion };
    });
  const { path: _, ...shared } = labels;
  const example = { scope: "external", ...keysOfLabels(shared), target: "target.example" };
  return [...unknown, ...validate(pathSchema, example, places, placeOf).issues];
}

/** Two sources under one label would be one series. @param key such as path_urls[1] of each */
export function sameLabels(
  sources: readonly { readonly label: string; readonly at: readonly PropertyKey[] }[],
  places: Places,
): ConfigIssue[] {
  return sources.flatMap(({ label, at }, i) => {
    const twin = sources.slice(0, i).find((other) => other.label === label);
    if (!twin) return [];
    const message = `is shown as ${quote(label)}, as ${renderKey(twin.at)} is`;
    const suggestion = at[0] === "path_urls" ? "give one of them a name" : "remove one";
    return [{ ...places.valueAt(at), key: renderKey(at), message, suggestion }];
  });
}

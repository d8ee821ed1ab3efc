import type { KeyObject } from "node:crypto";
import { type PathConfig, pathDefaults } from "../config/path.ts";
import { readPathKey } from "../config/path-key.ts";
import { pathSchema } from "../config/path-schema.ts";
import { RUN_PACKETS } from "./probe-trains.ts";
import { UsageError } from "./usage.ts";

const DEFAULTS = { count: 1000, rate: 50, size: 64, authenticatedSize: 120 };
/** Each packet is noted for the pattern and exact quantiles: 17 bytes. */
const MAX_COUNT = 10_000_000;

/** Fewer runs than five prove nothing. */
const LEAST_COUNT_WITH_TRAINS = 5 * RUN_PACKETS;

/** Options of `virtloss probe`, as parseArgs takes them. */
export const probeOptions = {
  protocol: { type: "string", default: "icmp" },
  port: { type: "string" },
  "key-file": { type: "string" },
  count: { type: "string", default: String(DEFAULTS.count) },
  rate: { type: "string", default: String(DEFAULTS.rate) },
  size: { type: "string" },
  timeout: { type: "string", default: pathDefaults.timeout },
  source: { type: "string" },
  interface: { type: "string" },
  dscp: { type: "string" },
  ttl: { type: "string" },
  df: { type: "boolean", default: false },
  "source-ports": { type: "string" },
  "receive-buffer": { type: "string" },
  trains: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
} as const;

type Options = {
  readonly [K in keyof typeof probeOptions]?:
    | ((typeof probeOptions)[K]["type"] extends "boolean" ? boolean : string)
    | undefined;
};

export interface ProbeOrder {
  /** With one protocol and one size. */
  readonly path: PathConfig;
  readonly key: KeyObject | undefined;
  readonly count: number;
  /** Interleave trains with the run. */
  readonly trains: boolean;
  /** Null: by the rate. */
  readonly receiveBufferBytes: number | null;
}

/** The same checks, and the same words, as for a path of the configuration. @throws UsageError */
export function readOrder(target: string, options: Options): ProbeOrder {
  const count = wholeNumber("--count", options.count, 1, MAX_COUNT);
  const receiveBufferBytes =
    options["receive-buffer"] === undefined
      ? null
      : wholeNumber("--receive-buffer", options["receive-buffer"], 1, 2 ** 30);
  const keyFile = options["key-file"];
  const defaultSize = keyFile === undefined ? DEFAULTS.size : DEFAULTS.authenticatedSize;
  const checked = pathSchema.safeParse({
    scope: "external",
    target,
    protocols: [options.protocol],
    sizes: [numberOrText(options.size ?? String(defaultSize))],
    rate: Number(options.rate),
    timeout: options.timeout,
    port: optionalNumber(options.port),
    key_file: keyFile,
    source: options.source,
    interface: options.interface,
    dscp: optionalNumber(options.dscp),
    ttl: optionalNumber(options.ttl),
    df: options.df,
    source_ports: optionalNumber(options["source-ports"]),
  });
  if (!checked.success) {
    throw new UsageError(
      checked.error.issues
        .map((issue) => {
          const hint = issue.code === "custom" && issue.params?.["suggestion"];
          return `${optionOf(issue.path[0])}: ${issue.message}${hint ? `; ${hint}` : ""}`;
        })
        .join("\n"),
    );
  }
  const trains = options.trains === true;
  if (trains && count < LEAST_COUNT_WITH_TRAINS) {
    throw new UsageError(`--trains: expected --count ${LEAST_COUNT_WITH_TRAINS} or more, got ${count}`);
  }
  const key = keyFile === undefined ? undefined : readPathKey(keyFile);
  if (typeof key === "string") throw new UsageError(`--key-file: ${key}`);
  return { path: checked.data, key, count, trains, receiveBufferBytes };
}

/** What is no number stays a text, for the schema to refuse. */
function numberOrText(text: string): number | string {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function optionalNumber(text: string | undefined): number | string | undefined {
  return text === undefined ? undefined : numberOrText(text);
}

function optionOf(key: PropertyKey | undefined): string {
  const options: Readonly<Record<PropertyKey, string>> = { sizes: "--size", protocols: "--protocol", target: "TARGET" };
  return options[key ?? ""] ?? `--${String(key).replace("_", "-")}`;
}

function wholeNumber(option: string, text = "", min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new UsageError(`${option}: expected a whole number from ${min} to ${max}, got ${JSON.stringify(text)}`);
}

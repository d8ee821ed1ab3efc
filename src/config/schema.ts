import { z } from "zod";
import {
  defaultThresholds,
  type ThresholdName,
  type Thresholds,
  thresholdKey,
  thresholds,
} from "../analysis/thresholds.ts";
import { collectorOptions } from "../collectors/options.ts";
import type { DiscoveryConfig } from "./discovery.ts";
import { pathNamesSchema, pathUrlsSchema } from "./discovery-schema.ts";
import { isFilePattern } from "./glob.ts";
import { type Listen, listenExpectation, parseListen } from "./listen.ts";
import type { PathConfig } from "./path.ts";
import { pathSchema } from "./path-schema.ts";
import type { ProbeEndpointConfig } from "./probe-endpoint.ts";
import { probeEndpointSchema } from "./probe-endpoint-schema.ts";
import { type ReflectorConfig, reflectorSchema } from "./reflector-schema.ts";

export const defaultListen = ":10862";

export interface CollectorConfig {
  readonly enabled: boolean;
  /** Output of the collector's own `options` schema. */
  readonly options: unknown;
}

/** The configuration with every default filled in, in base units, frozen. */
export interface Config {
  readonly paths: readonly PathConfig[];
  /** True where nothing named a path, so that only the loopback control path runs. */
  readonly pathsAreDefault: boolean;
  /** Absolute; the last element may hold * and ?. */
  readonly pathFiles: readonly string[];
  /** Where more paths come from while the exporter runs. */
  readonly discovery: DiscoveryConfig;
  readonly web: { readonly listen: Listen; readonly enableLifecycle: boolean };
  /** One entry for every collector of this version. */
  readonly collectors: Readonly<Record<string, CollectorConfig>>;
  readonly thresholds: Thresholds;
  readonly prober: { readonly receiveBufferBytes: number | null };
  /** Absent, or without networks: /probe is off. */
  readonly probe?: ProbeEndpointConfig;
  /** Absent: no reflector. */
  readonly reflector?: ReflectorConfig;
  readonly log: { readonly level: LogLevel; readonly format: LogFormat };
  /** What is suspicious but no error, one sentence each with its place. */
  readonly warnings: readonly string[];
}

export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];
export const logFormats = ["auto", "json", "text"] as const;
export type LogFormat = (typeof logFormats)[number];

export const webSchema = z.strictObject({
  listen: z
    .string({ error: listenExpectation })
    .transform((text, context) => {
      const listen = parseListen(text);
      if (listen) return listen;
      context.addIssue({ code: "custom", message: listenExpectation });
      return z.NEVER;
    })
    .prefault(defaultListen)
    .describe("Address and port of the HTTP server; without an address, all of this machine's."),
  enable_lifecycle: z.boolean().default(false).describe("Allow POST /-/reload."),
});

const receiveBufferError = "expected bytes from 4096 to 1073741824, such as 16777216";

const proberSchema = z.strictObject({
  receive_buffer: z
    .int({ error: receiveBufferError })
    .min(4096, { error: receiveBufferError })
    .max(2 ** 30, { error: receiveBufferError })
    .optional()
    .describe(
      "Bytes of receive buffer asked of the kernel for each probe socket. Default: by the rate. What it grants is exported.",
    ),
});

const logSchema = z.strictObject({
  level: z.enum(logLevels).default("info").describe("Least level that is written."),
  format: z.enum(logFormats).default("auto").describe("auto: text on a terminal, JSON lines elsewhere."),
});

const pathFileError = "expected a file name such as paths/*.json, with * and ? in its last part only";

/** One whose options have a key `enabled` decides itself whether it is on unless told. */
function collectorSchema(name: string, options: z.ZodObject) {
  const switchable: z.ZodObject =
    "enabled" in options.shape
      ? options
      : options.safeExtend({ enabled: z.boolean().default(true).describe("Run this collector.") });
  const long = switchable
    .strict()
    .transform(({ enabled, ...options }): CollectorConfig => ({ enabled: enabled !== false, options }));
  const on = z.literal(true).transform((): CollectorConfig => long.parse({ enabled: true }));
  const off = z.literal(false).transform((): CollectorConfig => ({ enabled: false, options: {} }));
  return z
    .union([long, on, off], { error: "expected true, false, or settings such as {enabled: true}" })
    .prefault({})
    .describe(`The ${name} collector; true turns it on, false off.`);
}

const noOptions = z.strictObject({});
const noServers = z.array(z.never()).default([]);

function thresholdSchema(name: ThresholdName) {
  const { value, tuning } = thresholds[name];
  const isRatio = /ratio/i.test(name);
  const error = isRatio ? "expected a ratio from 0 to 1 (1 % is 0.01)" : "expected a number of at least 0";
  return z
    .number({ error })
    .min(0, { error })
    .max(isRatio ? 1 : Number.MAX_VALUE, { error })
    .default(value)
    .describe(tuning);
}

const thresholdNames = Object.keys(thresholds) as ThresholdName[];

const thresholdsSchema = z
  .strictObject(Object.fromEntries(thresholdNames.map((name) => [thresholdKey(name), thresholdSchema(name)])))
  .transform(
    (values): Thresholds =>
      Object.fromEntries(
        thresholdNames.map((name) => [name, values[thresholdKey(name)] ?? defaultThresholds[name]]),
      ) as Thresholds,
  );

/** Collectors whose options stand under a key of their own at the top; under `collectors` they are only on or off. */
const ownKeys = { libvirt: "libvirt", vcenter: "vcenters", nsx: "nsx_managers" } as const;

/**
 * The configuration file. Every key has a default; an empty file is a valid one.
 * @param optionsOf each collector's own options, by its name
 */
export function createConfigSchema(optionsOf: Readonly<Record<string, z.ZodType>>) {
  return z.strictObject({
    paths: z
      .array(pathSchema)
      .optional()
      .describe(
        "What to probe. Without paths, any other source of them and --path: loopback alone, as control; [] probes nothing.",
      ),
    path_files: z
      .array(z.string({ error: pathFileError }).refine(isFilePattern, { error: pathFileError }))
      .default([])
      .describe("Files of paths in Prometheus' file_sd format, relative to this file; * and ? in the last part."),
    path_urls: pathUrlsSchema.describe("URLs of paths in Prometheus' HTTP SD format; an entry may be the URL alone."),
    path_names: pathNamesSchema.describe("Names in DNS whose records are paths; every key of a path is one here too."),
    web: webSchema.prefault({}).describe("The HTTP server."),
    collectors: z
      .strictObject(
        Object.fromEntries(
          Object.entries(optionsOf).map(([name, options]) => [
            name,
            collectorSchema(name, name in ownKeys || !(options instanceof z.ZodObject) ? noOptions : options),
          ]),
        ),
      )
      .prefault({})
      .describe("Sources on this machine; all but latency are on, and one without a source costs nothing."),
    libvirt: (optionsOf["libvirt"] ?? noOptions)
      .prefault({})
      .describe("The libvirt of this host; found by itself where its socket is."),
    vcenters: (optionsOf["vcenter"] ?? noServers).describe(
      "vCenters, or ESXi hosts without one, whose machines are read; a read-only role is enough.",
    ),
    nsx_managers: (optionsOf["nsx"] ?? noServers).describe("NSX managers whose limits and drops are read."),
    prober: proberSchema.prefault({}).describe("The probe engine."),
    probe: probeEndpointSchema
      .optional()
      .describe("GET /probe, for targets that Prometheus names; off until its networks are allowed."),
    reflector: reflectorSchema
      .optional()
      .describe("Answer STAMP packets (RFC 8762); off unless given, {} has all defaults."),
    thresholds: thresholdsSchema.prefault({}).describe("When verdicts, alerts and boards change colour."),
    log: logSchema.prefault({}).describe("The log on stderr."),
  });
}

export const configSchema = createConfigSchema(collectorOptions);

/** The configuration as the schema gives it: defaults filled in, keys as they are written. */
export type WrittenConfig = z.output<typeof configSchema>;

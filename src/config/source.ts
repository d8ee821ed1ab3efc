import { type ConfigFiles, realFiles } from "./files.ts";
import type { ConfigOverrides } from "./overrides.ts";
import type { ReadConfig } from "./read.ts";
import type { Config } from "./schema.ts";
import { type Fingerprints, watchFiles } from "./watch.ts";

export interface ConfigSourceOptions {
  /** Undefined: defaults and command line only. */
  readonly file?: string | undefined;
  readonly overrides?: ConfigOverrides;
  /** Where it is read; default: here. */
  readonly read?: ReadConfig;
  readonly files?: ConfigFiles;
  /** How often path files are looked at. */
  readonly intervalSeconds?: number;
  readonly settleSeconds?: number;
}

export interface ConfigSource {
  /** Reads everything anew. @throws ConfigError, or what `read` throws; what runs may go on as it is */
  load(): Promise<Config>;
  /**
   * Calls back once for each change of the path files; the callback is expected to load. Ends with the signal.
   */
  watch(onChange: () => Promise<void>, signal: AbortSignal): Promise<void>;
}

/** Where the running configuration comes from, at the start and at each reload. */
export function createConfigSource(options: ConfigSourceOptions): ConfigSource {
  const { file, overrides, read = readHere, files = realFiles, intervalSeconds = 5, settleSeconds = 0.2 } = options;
  let patterns: readonly string[] = [];
  let seen: Fingerprints = new Map();

  return {
    async load() {
      const { config, reads } = await read(file, overrides);
      patterns = config.pathFiles;
      seen = reads;
      return config;
    },
    watch: (onChange, signal) =>
      watchFiles({
        patterns: () => patterns,
        seen: () => seen,
        files,
        intervalSeconds,
        settleSeconds,
        onChange,
        signal,
      }),
  };
}

/** Loaded when it is called, so that whoever reads elsewhere does without. */
const readHere: ReadConfig = async (file, overrides) => {
  const { readConfig } = await import("./read.ts");
  return readConfig(file, overrides);
};

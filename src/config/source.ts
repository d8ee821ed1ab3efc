import { type ConfigFiles, realFiles } from "./files.ts";
import { loadConfig } from "./load.ts";
import { type ConfigOverrides, noOverrides } from "./overrides.ts";
import type { Config } from "./schema.ts";
import { type Fingerprints, fingerprint, watchFiles } from "./watch.ts";

export interface ConfigSourceOptions {
  /** Undefined: defaults and command line only. */
  readonly file?: string | undefined;
  readonly overrides?: ConfigOverrides;
  readonly files?: ConfigFiles;
  /** How often path files are looked at. */
  readonly intervalSeconds?: number;
  readonly settleSeconds?: number;
}

export interface ConfigSource {
  /** Reads everything anew. @throws ConfigError; what runs may go on as it is */
  load(): Promise<Config>;
  /**
   * Calls back once for each change of the path files; the callback is expected to load. Ends with the signal.
   */
  watch(onChange: () => Promise<void>, signal: AbortSignal): Promise<void>;
}

/** Where the running configuration comes from, at the start and at each reload. */
export function createConfigSource(options: ConfigSourceOptions): ConfigSource {
  const { file, overrides = noOverrides, files = realFiles, intervalSeconds = 5, settleSeconds = 0.2 } = options;
  let patterns: readonly string[] = [];
  let seen: Fingerprints = new Map();

  return {
    async load() {
      const reads = new Map<string, string>();
      const config = await loadConfig(file, overrides, recordReads(files, file, reads));
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

/** The same files, with a note of what each path file held when it was read. */
function recordReads(files: ConfigFiles, configFile: string | undefined, reads: Map<string, string>): ConfigFiles {
  return {
    ...files,
    async readText(path) {
      const text = await files.readText(path);
      if (path !== configFile) reads.set(path, fingerprint(text));
      return text;
    },
  };
}

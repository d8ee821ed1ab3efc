import { type ConfigFiles, realFiles } from "./files.ts";
import { loadConfig } from "./load.ts";
import type { ConfigOverrides } from "./overrides.ts";
import type { Config } from "./schema.ts";
import { type Fingerprints, fingerprint } from "./watch.ts";

/** A configuration, and what each file that it takes paths or keys from held when it was read. */
export interface ConfigReading {
  readonly config: Config;
  readonly reads: Fingerprints;
}

/** @throws ConfigError with everything that is wrong */
export type ReadConfig = (file: string | undefined, overrides: ConfigOverrides | undefined) => Promise<ConfigReading>;

/** Reads in this thread; what checks a configuration stays in memory from then on. */
export async function readConfig(
  file: string | undefined,
  overrides: ConfigOverrides | undefined,
  files: ConfigFiles = realFiles,
): Promise<ConfigReading> {
  const reads = new Map<string, string>();
  const config = await loadConfig(file, overrides, recordReads(files, file, reads));
  return { config, reads };
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

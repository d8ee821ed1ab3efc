import { answerParent } from "../kernel/ask-process.ts";
import { ConfigError, type ConfigIssue } from "./issues.ts";
import type { ConfigOverrides } from "./overrides.ts";
import { type PackedReading, packReading } from "./packed-reading.ts";
import { readConfig } from "./read.ts";

export interface ReadOrder {
  readonly file: string | undefined;
  readonly overrides: ConfigOverrides | undefined;
}

/** An error would lose its class on the way, and with it its issues. */
export type ReadAnswer = PackedReading | { readonly issues: readonly ConfigIssue[] };

async function read({ file, overrides }: ReadOrder): Promise<ReadAnswer> {
  try {
    return packReading(await readConfig(file, overrides));
  } catch (error) {
    if (error instanceof ConfigError) return { issues: error.issues };
    throw error;
  }
}

/** The process that reads the configuration, once. */
answerParent((order) => read(order as ReadOrder));

import { askProcess } from "../kernel/ask-process.ts";
import { ConfigError } from "./issues.ts";
import type { ConfigOverrides } from "./overrides.ts";
import { unpackReading } from "./packed-reading.ts";
import type { ConfigReading } from "./read.ts";
import type { ReadAnswer, ReadOrder } from "./reader.ts";

const askReader = (order: ReadOrder): Promise<unknown> => askProcess(new URL("./reader.js", import.meta.url), order);

/**
 * Reads in a process of its own, because what checks a configuration takes megabytes that a running exporter has no other
 * use for. The configuration is a copy, as frozen as the original.
 * @param ask how the process is asked; tests hold on to it
 * @throws ConfigError with everything that is wrong; ProcessEndedError
 */
export async function readConfigApart(
  file: string | undefined,
  overrides: ConfigOverrides | undefined,
  ask: (order: ReadOrder) => Promise<unknown> = askReader,
): Promise<ConfigReading> {
  const answer = (await ask({ file, overrides })) as ReadAnswer;
  if ("issues" in answer) throw new ConfigError(answer.issues);
  return unpackReading(answer);
}

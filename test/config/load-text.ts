import { ConfigError } from "../../src/config/issues.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { ConfigOverrides } from "../../src/config/overrides.ts";
import { memoryFiles } from "./memory-files.ts";

export const file = "/etc/virtloss.yaml";

export function load(text: string, overrides?: ConfigOverrides) {
  return loadConfig(file, overrides, memoryFiles({ [file]: text }));
}

/** The lines of the error, without the file's name. */
export async function errorsOf(text: string, overrides?: ConfigOverrides): Promise<string[]> {
  const error = await load(text, overrides).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ConfigError)) throw new Error(`expected a ConfigError, got ${String(error)}`);
  return error.message.split("\n").map((line) => line.replace(`${file}:`, ""));
}

export function onePath(settings: string): string {
  return `paths:\n  - {scope: control, target: 127.0.0.1, ${settings}}\n`;
}

export const targetText = "expected an address (10.0.0.1, fd00::1, fe80::1%eth0), a host name, or default-gateway";
export const sizeText = "expected random, mtu, gso or a whole number of bytes from 28 to 65507";
export const rateText =
  "expected packets per second, above 0 and at most 100000 (the measured limit of the probe engine)";
export const timeoutText = "expected a duration from 10ms to 60s, such as 500ms or 1s";
export const listenText =
  "expected [ADDRESS]:PORT with a port from 0 to 65535, such as :10862, 127.0.0.1:10862 or [::1]:10862";

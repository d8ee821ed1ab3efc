import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../servers.ts";

/**
 * The pack's own rules for a lab that has seconds where operators have minutes: windows and delays of minutes become a
 * fifteenth, 5 minutes 20 s; those of hours stay. Names and limits are what they are.
 */
export function rulesWithShortWindows(): string {
  const shorter = (_: string, before: string, minutes: string) => `${before}${Number(minutes) * 4}s`;
  return readFileSync(join(root, "alerts/virtloss.rules.yaml"), "utf8")
    .replaceAll(/^( +interval: )\d+m$/gm, "$11s")
    .replaceAll(/(\[)(\d+)m(?=[\]:])/g, shorter)
    .replaceAll(/^( +(?:keep_firing_)?for: )(\d+)m$/gm, shorter);
}

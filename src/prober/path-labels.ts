import type { Protocol, Scope } from "../config/path.ts";
import { type LabelText, labelText } from "../metrics/text-format.ts";

/**
 * The labels that all series of a path have, as text. It is the same in each line and in each scrape, so that it is made
 * once: with label sets as objects, a scrape of thousands of paths did little else.
 */
export type PathLabels = LabelText<"path" | "scope" | "protocol">;

export function createPathLabels(path: string, scope: Scope, protocol: Protocol): PathLabels {
  return labelText({ path, scope, protocol });
}

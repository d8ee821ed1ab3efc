import type { ProbeAddress } from "../commands.ts";
import { createResolver } from "./resolver.ts";

export { UnresolvedError } from "./unresolved.ts";

/** A target's address now, as this machine resolves it. @throws UnresolvedError */
export function resolveOnce(target: string, ipVersion?: 4 | 6): Promise<ProbeAddress> {
  return createResolver().resolveOnce(target, ipVersion);
}

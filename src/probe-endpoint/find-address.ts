import type { ProbeAddress } from "../prober/commands.ts";
import { interfaceIndex } from "../prober/resolve/interface-index.ts";
import type { ResolverMachine } from "../prober/resolve/machine.ts";
import { resolveName } from "../prober/resolve/name.ts";
import type { RunTarget } from "./target.ts";

/**
 * The address that a run goes to; a name is looked up once, and never again for this run.
 * @throws UnresolvedError, also when the signal ends the lookup
 */
export async function findAddress(
  host: RunTarget["host"],
  ipVersion: 4 | 6 | undefined,
  machine: ResolverMachine,
  signal: AbortSignal,
): Promise<ProbeAddress> {
  if (host.kind === "name") {
    return (await resolveName({ name: host.name, ipVersion, current: undefined }, machine, signal)).address;
  }
  const { family, address, zone } = host;
  return { family, address, zoneIndex: zone === undefined ? 0 : await interfaceIndex(zone, machine) };
}

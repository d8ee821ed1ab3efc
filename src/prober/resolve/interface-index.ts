import type { ResolverMachine } from "./machine.ts";
import { UnresolvedError } from "./unresolved.ts";

/** The index of an interface, which is the zone of its link-local addresses. @throws UnresolvedError */
export async function interfaceIndex(zone: string, machine: ResolverMachine): Promise<number> {
  if (/^\d+$/.test(zone)) return Number(zone);
  const scope = machine.scopeIndex(zone);
  if (scope !== undefined) return scope;
  // An interface that is down or has no IPv6 address yet is in sysfs only.
  const text = await machine.readText(`/sys/class/net/${zone}/ifindex`).catch(() => "");
  const index = Number(text.trim());
  if (index > 0) return index;
  throw new UnresolvedError(`this machine has no network interface "${zone}": "ip -brief link" lists those it has`);
}

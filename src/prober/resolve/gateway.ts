import type { ProbeAddress } from "../commands.ts";
import { interfaceIndex } from "./interface-index.ts";
import type { ResolverMachine } from "./machine.ts";
import { type DefaultRoute, parseIpv6Route, parseRoute } from "./parse.ts";
import { UnresolvedError } from "./unresolved.ts";

/** The first router of this machine: IPv4 where there is one, else IPv6. @throws UnresolvedError */
export async function resolveGateway(ipVersion: 4 | 6 | undefined, machine: ResolverMachine): Promise<ProbeAddress> {
  const [ipv4] = ipVersion === 6 ? [] : parseRoute(await routes("/proc/net/route", machine), machine.byteOrder);
  if (ipv4) return { family: 4, address: ipv4.gateway, zoneIndex: 0 };
  const [ipv6] = ipVersion === 4 ? [] : parseIpv6Route(await routes("/proc/net/ipv6_route", machine));
  if (ipv6) return { family: 6, address: ipv6.gateway, zoneIndex: await zoneOf(ipv6, machine) };
  const kind = ipVersion === undefined ? "IPv4 or IPv6" : `IPv${ipVersion}`;
  throw new UnresolvedError(
    `this machine has no ${kind} default route with a gateway: see "ip route show default", or give the gateway's address`,
  );
}

function zoneOf({ gateway, device }: DefaultRoute, machine: ResolverMachine): Promise<number> | 0 {
  return /^fe[89ab]/i.test(gateway) ? interfaceIndex(device, machine) : 0;
}

/** Empty where the kernel has no such table: IPv6 can be switched off. */
async function routes(path: string, machine: ResolverMachine): Promise<string> {
  try {
    return await machine.readText(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return "";
    throw new UnresolvedError(`the routing table cannot be read: ${message}`);
  }
}

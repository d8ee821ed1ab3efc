import { networkInterfaces } from "node:os";
import { plainAddress } from "../config/cidr.ts";

/** The broadcast addresses of the IPv4 networks that this machine is in, as of now. */
export function localBroadcasts(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family }) => family === "IPv4")
    .flatMap(({ address, netmask }) => broadcastOf(address, netmask));
}

/** None of a network of one or two addresses (RFC 3021). */
function broadcastOf(address: string, netmask: string): string[] {
  const mask = plainAddress(netmask)?.bytes ?? [];
  if ((mask[3] ?? 255) >= 254) return [];
  const own = plainAddress(address)?.bytes ?? [];
  return [own.map((byte, i) => byte | (~(mask[i] ?? 255) & 0xff)).join(".")];
}

import { isInNetworks, type Network, type PlainAddress, parseNetwork, translatedTo } from "../config/cidr.ts";

/** Unspecified, multicast and broadcast addresses; and the prefix of local translators, where nobody sees what is behind it. */
const never = ["0.0.0.0/8", "224.0.0.0/4", "255.255.255.255", "::/128", "ff00::/8", "64:ff9b:1::/48"].flatMap(
  (text) => parseNetwork(text) ?? [],
);

/**
 * May packets go to this address? Where a translator or tunnel would take them on to an IPv4 address, that one has to be
 * allowed as well.
 * @param broadcasts addresses that mean all machines of a network of ours
 */
export function isAllowed(address: PlainAddress, allow: readonly Network[], broadcasts: readonly string[]): boolean {
  return [address.text, ...translatedTo(address)].every(
    (text) => isInNetworks(text, allow) && !isInNetworks(text, never) && !broadcasts.includes(text),
  );
}

import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** Addresses that begin with the same bits. */
export interface Network {
  readonly family: 4 | 6;
  /** 4 or 16 bytes; those behind the prefix are 0. */
  readonly bytes: readonly number[];
  /** Bits that count: 0 to 32 or 128. */
  readonly prefix: number;
}

export const networkExpectation = "expected a network such as 10.0.0.0/8 or fd00::/8, or one address";

/** IPv4 addresses as IPv6 has them, ::ffff:0:0/96 (RFC 4291, section 2.5.5.2). */
const MAPPED_PREFIX = 96;

/**
 * A network in CIDR notation, or a single address. A network of mapped IPv4 addresses is one of IPv4.
 * @returns undefined where the text is neither; zones (%eth0) belong to no network
 */
export function parseNetwork(text: string): Network | undefined {
  const [, address = "", digits] = /^([0-9A-Fa-f.:]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  if (family === 0) return undefined;
  const bits = family === 4 ? 32 : 128;
  const prefix = digits === undefined ? bits : Number(digits);
  if (prefix > bits) return undefined;
  const bytes = ipaddr.parse(address).toByteArray();
  if (family === 6 && prefix >= MAPPED_PREFIX && isMappedBytes(bytes)) {
    return network(4, bytes.slice(12), prefix - MAPPED_PREFIX);
  }
  return network(family === 4 ? 4 : 6, bytes, prefix);
}

function network(family: 4 | 6, bytes: readonly number[], prefix: number): Network {
  const kept = bytes.map((byte, i) => byte & maskByte(prefix - 8 * i));
  return { family, bytes: kept, prefix };
}

/** A byte with its `bits` upper bits set; all for 8 and more, none for 0 and less. */
function maskByte(bits: number): number {
  return (0xff00 >> Math.max(0, Math.min(8, bits))) & 0xff;
}

function isMappedBytes(bytes: readonly number[]): boolean {
  return bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
}

/** The notation that parseNetwork reads. */
export function formatNetwork({ bytes, prefix }: Network): string {
  return `${ipaddr.fromByteArray([...bytes]).toString()}/${prefix}`;
}

/** Is the address in one of the networks? A mapped IPv4 address counts as IPv4; text that is no address is in none. */
export function isInNetworks(address: string, networks: readonly Network[]): boolean {
  const [plain = ""] = address.split("%");
  const parsed = parseNetwork(plain);
  if (!parsed || plain.includes("/")) return false;
  return networks.some(
    ({ family, bytes, prefix }) =>
      family === parsed.family &&
      bytes.every((byte, i) => byte === ((parsed.bytes[i] ?? 0) & maskByte(prefix - 8 * i))),
  );
}

export const loopbackNetworks: readonly string[] = ["127.0.0.0/8", "::1/128"];

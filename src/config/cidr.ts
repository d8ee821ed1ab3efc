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

/** A machine's address as its plainest notation has it: an IPv4 address mapped into IPv6 is one of IPv4. */
export interface PlainAddress {
  readonly family: 4 | 6;
  readonly bytes: readonly number[];
  /** The one notation that every reader takes for the same address. */
  readonly text: string;
}

/** @returns undefined for text that is no address in its usual notation, and for one with a zone */
export function plainAddress(text: string): PlainAddress | undefined {
  // ipaddr.js takes ::10.0.0.1 for a mapped address, which the kernel does not.
  if (isIP(text) === 0 || /^::\d+\./.test(text)) return undefined;
  const parsed = parseNetwork(text);
  return parsed && { family: parsed.family, bytes: parsed.bytes, text: textOf(parsed.bytes) };
}

function textOf(bytes: readonly number[]): string {
  return ipaddr.fromByteArray([...bytes]).toString();
}

const translations: readonly {
  readonly network: Network;
  readonly ipv4At: (bytes: readonly number[]) => number[][];
}[] = [
  // NAT64, RFC 6052, section 2.1
  { network: networkOf("64:ff9b::/96"), ipv4At: (bytes) => [bytes.slice(12)] },
  // 6to4, RFC 3056, section 2
  { network: networkOf("2002::/16"), ipv4At: (bytes) => [bytes.slice(2, 6)] },
  // Teredo: the server, and the client with its bits inverted; RFC 4380, section 4
  {
    network: networkOf("2001::/32"),
    ipv4At: (bytes) => [bytes.slice(4, 8), bytes.slice(12).map((byte) => byte ^ 0xff)],
  },
  // IPv4-compatible, RFC 4291, section 2.5.5.1, and IPv4-translated, RFC 2765, section 2.1
  { network: networkOf("::/96"), ipv4At: (bytes) => (isLoopback6(bytes) ? [] : [bytes.slice(12)]) },
  { network: networkOf("::ffff:0:0:0/96"), ipv4At: (bytes) => [bytes.slice(12)] },
];

function networkOf(text: string): Network {
  const parsed = parseNetwork(text);
  if (!parsed) throw new Error(`${text} is no network`);
  return parsed;
}

function isLoopback6(bytes: readonly number[]): boolean {
  return bytes.every((byte, i) => byte === (i === 15 ? 1 : 0));
}

/** ISATAP, RFC 5214, section 6.1: the second half begins with 00-00-5E-FE, with the bit "universal" or without. */
function isIsatap(bytes: readonly number[]): boolean {
  return ((bytes[8] ?? 0) & 0xfd) === 0 && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe;
}

/** The IPv4 machines that a well-known translator or tunnel takes packets to this IPv6 address to. */
export function translatedTo({ family, bytes, text }: PlainAddress): string[] {
  if (family === 4) return [];
  const found = translations.filter(({ network }) => isInNetworks(text, [network])).flatMap((t) => t.ipv4At(bytes));
  return [...found, ...(isIsatap(bytes) ? [bytes.slice(12)] : [])].map(textOf);
}

export const loopbackNetworks: readonly string[] = ["127.0.0.0/8", "::1/128"];

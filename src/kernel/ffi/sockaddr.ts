import ipaddr from "ipaddr.js";
import { AF_INET, AF_INET6 } from "./socket.ts";

/**
 * An address as the kernel wants it.
 * @param zoneIndex interface of an IPv6 link-local address, else 0
 * @throws Error for text that is no address
 */
export function sockaddr(address: string, zoneIndex = 0, port = 0): Uint8Array {
  const parsed = ipaddr.parse(address);
  const v6 = parsed.kind() === "ipv6";
  const bytes = Buffer.alloc(v6 ? 28 : 16);
  bytes.writeUInt16LE(v6 ? AF_INET6 : AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  bytes.set(parsed.toByteArray(), v6 ? 8 : 4);
  if (v6) bytes.writeUInt32LE(zoneIndex, 24);
  return bytes;
}

/** The same memory in 32-bit words, as message rings compare and copy it. */
export function sockaddrWords(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(new Uint8Array(bytes).buffer); // the slice of a Buffer would be no copy
}

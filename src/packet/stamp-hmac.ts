/** RFC 8762, section 4.4: the HMAC covers the first six blocks of 16 bytes, and is cut to one. */
const SEALED_BYTES = 96;
export const STAMP_HMAC_BYTES = 16;

/**
 * HMAC-SHA-256 of `bytes[at, at + length)`, followed where given by `bytes[moreAt, moreAt + moreLength)`.
 * @returns at least its first 16 bytes; the memory may be used again by the next call
 */
export type StampHmac = (
  bytes: Uint8Array,
  at: number,
  length: number,
  moreAt?: number,
  moreLength?: number,
) => Uint8Array;

/** Writes the HMAC of an authenticated packet, request or reply. */
export function sealStamp(bytes: Uint8Array, at: number, hmac: StampHmac): void {
  writeDigest(bytes, at + SEALED_BYTES, hmac(bytes, at, SEALED_BYTES));
}

export function writeDigest(bytes: Uint8Array, at: number, digest: Uint8Array): void {
  for (let k = 0; k < STAMP_HMAC_BYTES; k++) bytes[at + k] = digest[k] as number;
}

/** Is the HMAC of an authenticated packet, at least 112 bytes long, that of its content? Takes the same time for all. */
export function isStampSealed(bytes: Uint8Array, at: number, hmac: StampHmac): boolean {
  return isDigest(bytes, at + SEALED_BYTES, hmac(bytes, at, SEALED_BYTES));
}

/** Compares without telling by its time where the two differ. */
export function isDigest(bytes: Uint8Array, at: number, digest: Uint8Array): boolean {
  let difference = 0;
  for (let k = 0; k < STAMP_HMAC_BYTES; k++) difference |= (bytes[at + k] as number) ^ (digest[k] as number);
  return difference === 0;
}

import { createHmac, type KeyObject } from "node:crypto";

/** The shape of packet/stamp-hmac.ts, kept apart so that packets know no machine. */
type Hmac = (bytes: Uint8Array, at: number, length: number, moreAt?: number, moreLength?: number) => Uint8Array;

/** HMAC-SHA-256 with one key, 32 bytes; 3 µs for a STAMP packet. */
export function createHmacSha256(key: KeyObject): Hmac {
  return (bytes, at, length, moreAt = 0, moreLength = 0) => {
    const hmac = createHmac("sha256", key).update(bytes.subarray(at, at + length));
    if (moreLength > 0) hmac.update(bytes.subarray(moreAt, moreAt + moreLength));
    return hmac.digest();
  };
}

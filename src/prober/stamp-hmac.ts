import { createHmac } from "node:crypto";
import type { StampHmac } from "../packet/stamp-hmac.ts";

/** HMAC-SHA-256 with this key (RFC 8762, section 4.4). */
export function createStampHmac(key: Uint8Array): StampHmac {
  return (bytes, at, length, moreAt = 0, moreLength = 0) => {
    const hmac = createHmac("sha256", key).update(bytes.subarray(at, at + length));
    return (moreLength > 0 ? hmac.update(bytes.subarray(moreAt, moreAt + moreLength)) : hmac).digest();
  };
}

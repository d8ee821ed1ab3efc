import { createHmac } from "node:crypto";
import type { StampHmac } from "../../src/packet/stamp-hmac.ts";

/** HMAC-SHA-256 as the RFC has it, with Node's crypto. */
export function hmacOf(key: Uint8Array): StampHmac {
  return (bytes, at, length, moreAt = 0, moreLength = 0) =>
    createHmac("sha256", key)
      .update(bytes.subarray(at, at + length))
      .update(bytes.subarray(moreAt, moreAt + moreLength))
      .digest();
}

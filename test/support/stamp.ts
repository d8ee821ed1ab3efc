import { createSecretKey } from "node:crypto";
import { createHmacSha256 } from "../../src/kernel/hmac.ts";
import { emptyStampReply, readStampReply, type StampReply, writeStampRequest } from "../../src/packet/stamp.ts";
import { sealStamp } from "../../src/packet/stamp-hmac.ts";
import { type StampMode, stampBaseBytes } from "../../src/packet/stamp-layout.ts";

export const KEY = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

export interface RequestOptions {
  readonly mode?: StampMode;
  readonly length?: number;
  readonly ssid?: number;
  readonly key?: string;
}

/** A request as our own sender would make it. */
export function stampRequest(sequence: number, options: RequestOptions = {}): Buffer {
  const { mode = "plain", length = stampBaseBytes[mode], ssid = 1, key = KEY } = options;
  const bytes = Buffer.alloc(length);
  const seconds = Math.floor(Date.now() / 1000) + 2_208_988_800;
  writeStampRequest(bytes, 0, length, mode, { sequence, seconds, fraction: 5, errorEstimate: 1, ssid });
  if (mode === "authenticated") sealStamp(bytes, 0, hmacOf(key));
  return bytes;
}

export function hmacOf(key: string) {
  return createHmacSha256(createSecretKey(Buffer.from(key, "hex")));
}

export function stampReply(bytes: Uint8Array, mode: StampMode = "plain"): StampReply {
  const reply = emptyStampReply();
  if (readStampReply(bytes, 0, bytes.length, mode, reply) === "malformed") throw new Error("no STAMP reply");
  return reply;
}

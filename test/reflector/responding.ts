import { createSecretKey } from "node:crypto";
import { parseNetwork } from "../../src/config/cidr.ts";
import type { Arrival } from "../../src/kernel/ffi/reflector-ring.ts";
import { createHmacSha256 } from "../../src/kernel/hmac.ts";
import { emptyStampReply, readStampReply, type StampReply, writeStampRequest } from "../../src/packet/stamp.ts";
import { sealStamp } from "../../src/packet/stamp-hmac.ts";
import type { StampMode } from "../../src/packet/stamp-layout.ts";
import { compileNetworks } from "../../src/reflector/allowed.ts";
import type { ReflectorLimits } from "../../src/reflector/limits.ts";
import { type Answer, createResponder, type Responder } from "../../src/reflector/responder.ts";

export const limits: ReflectorLimits = {
  sourceRate: 1000,
  totalRate: 1_000_000,
  sessions: 1024,
  sessionsPerSource: 16,
  sessionTimeoutSeconds: 300,
};

export const hmacOf = (key: string) => createHmacSha256(createSecretKey(Buffer.from(key)));

/** A responder on port 862 for 10.0.0.0/8 and fd00::/8. */
export function responder(
  overrides: Partial<ReflectorLimits> = {},
  keys: readonly string[] = [],
  allow: readonly string[] = ["10.0.0.0/8", "fd00::/8"],
): Responder {
  return createResponder({
    isAllowed: compileNetworks(allow.flatMap((text) => parseNetwork(text) ?? [])),
    hmacs: keys.map(hmacOf),
    limits: { ...limits, ...overrides },
    port: 862,
    random: () => 0x9e37_79b9,
  });
}

/** Four words as they stand in memory. */
export function words(address: string): number[] {
  const network = parseNetwork(address);
  if (!network) throw new Error(`${address} is no address`);
  const bytes = new Uint8Array(16);
  bytes.set(network.bytes, 16 - network.bytes.length);
  if (network.family === 4) bytes.fill(0xff, 10, 12);
  return [...new Uint32Array(bytes.buffer)];
}

export interface From {
  readonly from?: string;
  readonly to?: string;
  readonly port?: number;
  readonly unicast?: boolean;
  readonly cut?: boolean;
  readonly ttl?: number;
}

export function arrivalOf({ from = "10.0.0.1", to = "10.0.0.2", port = 4000, ...rest }: From, length: number): Arrival {
  return {
    addresses: Uint32Array.from([...words(from), ...words(to)]),
    sourcePort: port,
    length,
    cut: rest.cut ?? false,
    unicast: rest.unicast ?? true,
    ttl: rest.ttl ?? 64,
    dscp: 0,
    interfaceIndex: 1,
    stampNanos: 0,
  };
}

export function request(
  mode: StampMode,
  sequence: number,
  { length = mode === "plain" ? 44 : 112, ssid = 1, key = "" } = {},
) {
  const bytes = new Uint8Array(length);
  writeStampRequest(bytes, 0, length, mode, { sequence, seconds: 3, fraction: 4, errorEstimate: 1, ssid });
  if (mode === "authenticated") sealStamp(bytes, 0, hmacOf(key));
  return bytes;
}

/** Asks, and completes the reply as the loop does. The packet becomes its reply. */
export function ask(to: Responder, bytes: Uint8Array, from: From = {}, nowSeconds = 1): Answer {
  const answer = to.answer(bytes, 0, arrivalOf(from, bytes.length), { seconds: 100, fraction: 1 }, nowSeconds);
  if (answer === "stateful" || answer === "stateless") to.complete(bytes, 0, to.usedKey, { seconds: 100, fraction: 2 });
  return answer;
}

export function replyIn(bytes: Uint8Array, mode: StampMode): StampReply {
  const reply = emptyStampReply();
  if (readStampReply(bytes, 0, bytes.length, mode, reply) === "malformed") throw new Error("no reply");
  return reply;
}

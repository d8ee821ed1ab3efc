import type { Arrival } from "../kernel/ffi/reflector-ring.ts";
import { rewriteStampTime, stampSequence, stampSsid } from "../packet/stamp.ts";
import { isStampSealed, type StampHmac, sealStamp } from "../packet/stamp-hmac.ts";
import { type StampMode, stampBaseBytes } from "../packet/stamp-layout.ts";
import { isReflected, reflectStamp, type StampReflection } from "../packet/stamp-reflection.ts";
import { areTlvsTrusted, reflectTlvs } from "../packet/stamp-tlv.ts";
import type { Rejection } from "./counts.ts";
import type { ReflectorLimits } from "./limits.ts";
import { createRateLimit } from "./rate.ts";
import { createSessions, SESSION_KEY_WORDS } from "./sessions.ts";
import { createSources } from "./sources.ts";

/** NTP seconds and fraction. */
export interface NtpTime {
  seconds: number;
  fraction: number;
}

export interface ResponderOptions {
  readonly isAllowed: (addresses: Uint32Array) => boolean;
  /** One for each key; any of them may authenticate a packet. Without, packets are plain. */
  readonly hmacs: readonly StampHmac[];
  readonly limits: ReflectorLimits;
  /** Our own port: what comes from there is another reflector's. */
  readonly port: number;
  /** Gives 32 random bits. */
  readonly random: () => number;
}

/** `stateless`: the reply repeats the sender's number, because there is no session to count in. */
export type Answer = "stateful" | "stateless" | Rejection;

/** Decides what a packet is worth, and turns it into its reply. Knows no socket and no clock. */
export interface Responder {
  readonly sessions: number;
  /**
   * Turns the packet at `at` into its reply, all but time of sending and HMAC, unless it is rejected.
   * @param nowSeconds of a clock that never goes back
   */
  answer(bytes: Uint8Array, at: number, arrival: Arrival, receivedAt: NtpTime, nowSeconds: number): Answer;
  /** Number of the key that the last answered packet was sealed with. */
  readonly usedKey: number;
  /** Completes a reply, just before it is sent. */
  complete(bytes: Uint8Array, at: number, key: number, sentAt: NtpTime): void;
  /** Ends sessions that were silent for too long. */
  expire(nowSeconds: number): void;
}

export function createResponder({ isAllowed, hmacs, limits, port, random }: ResponderOptions): Responder {
  const mode: StampMode = hmacs.length > 0 ? "authenticated" : "plain";
  const sources = createSources(limits, random());
  const sessions = createSessions(limits, sources, random());
  const everybody = createRateLimit(limits.totalRate);
  // A flood of forged sources leaves half of the rate to those who were here before.
  const strangers = createRateLimit(limits.totalRate / 2);
  const sessionKey = new Uint32Array(SESSION_KEY_WORDS);
  const reflection: StampReflection = { sequence: 0, receiveSeconds: 0, receiveFraction: 0, senderTtl: 0 };
  let usedKey = 0;

  function refuse(bytes: Uint8Array, at: number, arrival: Arrival): Rejection | undefined {
    if (!isAllowed(arrival.addresses)) return "not_allowed";
    if (!arrival.unicast) return "not_unicast";
    if (arrival.cut) return "oversized";
    if (arrival.length < stampBaseBytes.plain) return "truncated";
    if (arrival.sourcePort === port || arrival.sourcePort === 0) return "looped";
    if (arrival.length < stampBaseBytes[mode]) return "authentication";
    return isReflected(bytes, at, arrival.length, mode) ? "looped" : undefined;
  }

  function isWithinRate(isKnown: boolean, nowSeconds: number): boolean {
    if (!everybody.hasRoom(nowSeconds) || (!isKnown && !strangers.hasRoom(nowSeconds))) return false;
    everybody.take();
    if (!isKnown) strangers.take();
    return true;
  }

  function keyOf(bytes: Uint8Array, at: number): number {
    return hmacs.findIndex((hmac) => isStampSealed(bytes, at, hmac));
  }

  return {
    get sessions() {
      return sessions.count;
    },
    get usedKey() {
      return usedKey;
    },
    answer(bytes, at, arrival, receivedAt, nowSeconds) {
      const refusal = refuse(bytes, at, arrival);
      if (refusal) return refusal;
      sessionKey.set(arrival.addresses);
      sessionKey[SESSION_KEY_WORDS - 1] = (arrival.sourcePort << 16) | stampSsid(bytes, at, mode);
      let session = sessions.find(sessionKey);
      // The total comes first, because it bounds what forged packets cost; the source's own last, so that they cannot use it up.
      if (!isWithinRate(session >= 0, nowSeconds)) return "total_rate";
      if (mode === "authenticated") {
        usedKey = keyOf(bytes, at);
        if (usedKey < 0) return "authentication";
      }
      const source = sources.placeOf(arrival.addresses, nowSeconds);
      if (source >= 0 && !sources.admit(source, nowSeconds)) return "source_rate";
      if (session < 0 && source >= 0) session = sessions.open(sessionKey, source, nowSeconds);

      const hmac = hmacs[usedKey];
      const trusted = areTlvsTrusted(bytes, at, arrival.length, mode, hmac);
      reflection.sequence = session < 0 ? stampSequence(bytes, at) : sessions.next(session, nowSeconds);
      reflection.receiveSeconds = receivedAt.seconds;
      reflection.receiveFraction = receivedAt.fraction;
      reflection.senderTtl = arrival.ttl;
      reflectStamp(bytes, at, mode, reflection);
      reflectTlvs(bytes, at, arrival.length, mode, trusted, hmac);
      return session < 0 ? "stateless" : "stateful";
    },
    complete(bytes, at, key, sentAt) {
      rewriteStampTime(bytes, at, mode, sentAt.seconds, sentAt.fraction);
      const hmac = hmacs[key];
      if (hmac) sealStamp(bytes, at, hmac);
    },
    expire: (nowSeconds) => sessions.expire(nowSeconds),
  };
}

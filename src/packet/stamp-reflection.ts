/** The reflector's side of STAMP (RFC 8762, section 4.3). */
import { readU16, readU32, writeU16, writeU32 } from "./big-endian.ts";
import { STAMP_ERROR_ESTIMATE, type StampMode, stampBaseBytes, stampLayouts } from "./stamp-layout.ts";

/** A reflector answers at once: its two times are nearer than this. */
const LONGEST_REFLECTION_SECONDS = 60;

/**
 * Is this itself the reply of a reflector? Where a request has zeros a reply has the time of arrival, shortly before the time
 * of sending. No clock is asked, so that reflectors whose clocks disagree know each other's replies as well.
 */
export function isReflected(bytes: Uint8Array, at: number, length: number, mode: StampMode): boolean {
  if (length < stampBaseBytes[mode]) return false;
  const layout = stampLayouts[mode];
  const arrived = readU32(bytes, at + layout.receiveTime);
  const took = (readU32(bytes, at + layout.time) - arrived) >>> 0;
  return arrived !== 0 && took <= LONGEST_REFLECTION_SECONDS;
}

/** What a reflector adds to the request. */
export interface StampReflection {
  sequence: number;
  receiveSeconds: number;
  receiveFraction: number;
  senderTtl: number;
}

/**
 * Turns a request, at least as long as the base, into its reply in the same place (RFC 8762, section 4.3). The time of
 * sending and the HMAC are written last, with `rewriteStampTime` and `sealStamp`; TLVs are `reflectTlvs`' business.
 */
export function reflectStamp(bytes: Uint8Array, at: number, mode: StampMode, reflection: StampReflection): void {
  const layout = stampLayouts[mode];
  const senderSequence = readU32(bytes, at);
  const senderSeconds = readU32(bytes, at + layout.time);
  const senderFraction = readU32(bytes, at + layout.time + 4);
  const senderErrorEstimate = readU16(bytes, at + layout.errorEstimate);
  const ssid = readU16(bytes, at + layout.ssid);
  bytes.fill(0, at, at + stampBaseBytes[mode]);
  writeU32(bytes, at, reflection.sequence);
  writeU16(bytes, at + layout.errorEstimate, STAMP_ERROR_ESTIMATE);
  writeU16(bytes, at + layout.ssid, ssid);
  writeU32(bytes, at + layout.receiveTime, reflection.receiveSeconds);
  writeU32(bytes, at + layout.receiveTime + 4, reflection.receiveFraction);
  writeU32(bytes, at + layout.senderSequence, senderSequence);
  writeU32(bytes, at + layout.senderTime, senderSeconds);
  writeU32(bytes, at + layout.senderTime + 4, senderFraction);
  writeU16(bytes, at + layout.senderErrorEstimate, senderErrorEstimate);
  bytes[at + layout.senderTtl] = reflection.senderTtl;
}

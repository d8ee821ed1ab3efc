/** Where the fields of STAMP packets stand (RFC 8762, with the session identifier of RFC 8972). */
export const STAMP_PORT = 862;

export type StampMode = "plain" | "authenticated";

/** Length of a packet without TLVs, the same for both directions (RFC 8762, sections 4.2 and 4.3). */
export const stampBaseBytes: Readonly<Record<StampMode, number>> = { plain: 44, authenticated: 112 };

/** Not synchronized, NTP format, 2^-32 s: no more than the multiplier that may not be 0 (RFC 4656, section 4.1.2). */
export const STAMP_ERROR_ESTIMATE = 0x0001;
/** In an error estimate: the timestamp beside it is seconds since 1970 and nanoseconds (RFC 8186, section 2.3). */
export const STAMP_PTP_FORMAT = 0x4000;

/** Offsets of the fields. What a reply adds is MBZ, must be zero, in a request; both begin with the sequence number. */
export interface StampLayout {
  readonly time: number;
  readonly errorEstimate: number;
  readonly ssid: number;
  readonly receiveTime: number;
  readonly senderSequence: number;
  readonly senderTime: number;
  readonly senderErrorEstimate: number;
  readonly senderTtl: number;
}

export const stampLayouts: Readonly<Record<StampMode, StampLayout>> = {
  // RFC 8762, sections 4.2.1 and 4.3.1
  plain: {
    time: 4,
    errorEstimate: 12,
    ssid: 14,
    receiveTime: 16,
    senderSequence: 24,
    senderTime: 28,
    senderErrorEstimate: 36,
    senderTtl: 40,
  },
  // RFC 8762, sections 4.2.2 and 4.3.2
  authenticated: {
    time: 16,
    errorEstimate: 24,
    ssid: 26,
    receiveTime: 32,
    senderSequence: 48,
    senderTime: 64,
    senderErrorEstimate: 72,
    senderTtl: 80,
  },
};

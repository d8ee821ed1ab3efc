/** Timestamps of NTP (RFC 5905, section 6): seconds since 1900 modulo 2^32, and a fraction of 2^-32 seconds. */

const SECONDS_FROM_1900_TO_1970 = 2_208_988_800;
const FRACTIONS_PER_NANO = 2 ** 32 / 1e9;

/** @param unixSeconds whole seconds since 1970 */
export function ntpSeconds(unixSeconds: number): number {
  return (unixSeconds + SECONDS_FROM_1900_TO_1970) >>> 0;
}

/** @param nanos 0 to 999,999,999 */
export function ntpFraction(nanos: number): number {
  return Math.floor(nanos * FRACTIONS_PER_NANO) >>> 0;
}

/** Nanoseconds of a fraction; what `ntpFraction` made of a number of nanoseconds gives the same number. */
export function nanosOfNtpFraction(fraction: number): number {
  return Math.min(Math.round(fraction / FRACTIONS_PER_NANO), 999_999_999);
}

/**
 * Seconds since 1970. NTP's seconds come round every 136 years, next in 2036.
 * @param nearUnixSeconds a time within 68 years of what is asked, such as now
 */
export function unixSecondsOfNtp(seconds: number, nearUnixSeconds: number): number {
  return nearUnixSeconds + ((seconds - ntpSeconds(nearUnixSeconds)) | 0);
}

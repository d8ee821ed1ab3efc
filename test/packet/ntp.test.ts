import fc from "fast-check";
import { nanosOfNtpFraction, ntpFraction, ntpSeconds, unixSecondsOfNtp } from "../../src/packet/ntp.ts";

test("1970 is 70 years and 17 leap days after 1900", () => {
  expect(ntpSeconds(0)).toBe((70 * 365 + 17) * 86_400);
  expect(unixSecondsOfNtp(2_208_988_800, 0)).toBe(0);
});

test("half a second is half of 2^32", () => {
  expect(ntpFraction(500_000_000)).toBe(2 ** 31);
  expect(nanosOfNtpFraction(2 ** 31)).toBe(500_000_000);
});

test("seconds that came round in 2036 are read in the century of the reader", () => {
  const in2037 = Date.UTC(2037, 0, 1) / 1000;

  expect(ntpSeconds(in2037)).toBeLessThan(ntpSeconds(0));
  expect(unixSecondsOfNtp(ntpSeconds(in2037), in2037 - 1000)).toBe(in2037);
  expect(unixSecondsOfNtp(ntpSeconds(in2037), Date.UTC(2026, 10, 23) / 1000)).toBe(in2037);
});

test("every nanosecond comes back, and every fraction is a nanosecond", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 999_999_999 }),
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      (nanos, fraction) => {
        expect(nanosOfNtpFraction(ntpFraction(nanos))).toBe(nanos);
        expect(nanosOfNtpFraction(fraction)).toBeLessThan(1e9);
      },
    ),
    { numRuns: 20_000 },
  );
});

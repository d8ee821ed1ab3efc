import fc from "fast-check";
import {
  kernelStampNanos,
  MessageRing,
  type ReportedError,
  readReportedError,
} from "../../src/kernel/ffi/message-ring.ts";
import { MMSGHDR } from "../../src/kernel/ffi/mmsghdr.ts";
import * as sys from "../../src/kernel/ffi/socket.ts";
import { guarded } from "../support/guarded.ts";

const RUNS = 100_000;
const CONTROL_BYTES = 256;
const CMSG_HEADER_BYTES = 16;
const ring = new MessageRing(3, 64);
const MESSAGE = 1;

/** One control message as the kernel writes it (cmsg(3)). */
function control(
  level: number,
  type: number,
  value: Uint8Array,
  claimedBytes = CMSG_HEADER_BYTES + value.length,
): Buffer {
  const bytes = Buffer.alloc(CMSG_HEADER_BYTES + ((value.length + 7) & ~7));
  bytes.writeUInt32LE(claimedBytes, 0);
  bytes.writeInt32LE(level, 8);
  bytes.writeInt32LE(type, 12);
  bytes.set(value, CMSG_HEADER_BYTES);
  return bytes;
}

/** The ring with this control data in its middle message, where the readers may look at nothing else. */
function ringWith(data: Uint8Array): MessageRing {
  const fitting = data.subarray(0, CONTROL_BYTES);
  const start = ring.controlStart(MESSAGE);
  ring.bytes.set(fitting, start * 4);
  ring.words[(MESSAGE * MMSGHDR.bytes + MMSGHDR.controlLength) / 4] = fitting.length;
  const words = guarded(ring.words, start, Math.floor(start + fitting.length / 4));
  return new Proxy(ring, {
    get(target, key) {
      const value = key === "words" ? words : Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** struct scm_timestamping: three timespecs, of which the first is the software's. */
function stamps(seconds: number, nanos: number): Uint8Array {
  const value = Buffer.alloc(48);
  value.writeBigInt64LE(BigInt(seconds), 0);
  value.writeBigInt64LE(BigInt(nanos), 8);
  return value;
}

/** struct sock_extended_err, with the address of who reported it. */
function extendedError(origin: number, type: number, code: number, info: number): Uint8Array {
  const value = Buffer.alloc(32);
  value.set([origin, type, code], 4);
  value.writeUInt32LE(info, 8);
  return value;
}

const interesting = fc.oneof(
  fc.record({
    level: fc.constantFrom(sys.SOL_SOCKET, sys.SOL_IP, sys.SOL_IPV6, 17),
    type: fc.constantFrom(sys.SO_TIMESTAMPING, sys.SO_TIMESTAMPNS, sys.IP_RECVERR, sys.IPV6_RECVERR, 1),
  }),
  fc.constant({ level: sys.SOL_SOCKET, type: sys.SO_TIMESTAMPING }),
  fc.constant({ level: sys.SOL_IP, type: sys.IP_RECVERR }),
  fc.constant({ level: sys.SOL_IPV6, type: sys.IPV6_RECVERR }),
);
/** Lengths that lie: none, too short, past the end, and those that wrap in 32 bits. */
const lies = fc.oneof(
  fc.constantFrom(0, 1, 15, 16, 17, 31, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_fff9, 0xffff_ffff),
  fc.nat(300),
);
const messages = fc
  .record({
    kind: interesting,
    value: fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc.tuple(fc.nat(), fc.nat(999_999_999)).map((time) => stamps(...time)),
      fc.tuple(fc.nat(5), fc.nat(255), fc.nat(255), fc.nat()).map((facts) => extendedError(...facts)),
    ),
    claim: fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: lies }),
  })
  .map(({ kind, value, claim }) => control(kind.level, kind.type, value, claim));
const controlData = fc.oneof(
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: CONTROL_BYTES }) },
  {
    weight: 4,
    arbitrary: fc
      .record({
        parts: fc.array(messages, { minLength: 1, maxLength: 5, size: "max" }),
        cut: fc.oneof(fc.constant(0), fc.nat(40)),
      })
      .map(({ parts, cut }) => {
        const whole = Buffer.concat(parts);
        return new Uint8Array(whole.subarray(0, Math.max(0, whole.length - cut)));
      }),
  },
);

test("whatever the control data, a stamp is a number or none, and nothing beside it is read", () => {
  let found = 0;

  fc.assert(
    fc.property(controlData, (data) => {
      const nanos = kernelStampNanos(ringWith(data), MESSAGE, 0);
      if (!Number.isNaN(nanos)) found++;
      if (nanos === 0 || nanos === Number.POSITIVE_INFINITY) throw new Error(`no time: ${nanos}`);
    }),
    { numRuns: RUNS },
  );

  expect(found).toBeGreaterThan(RUNS / 20);
});

test("whatever the control data, an error is whole or none, and nothing beside it is read", () => {
  const seen = new Set<string>();

  fc.assert(
    fc.property(controlData, (data) => {
      const error: ReportedError = { origin: "local", type: -1, code: -1, info: -1 };
      const isError = readReportedError(ringWith(data), MESSAGE, error);
      if (isError) seen.add(error.origin);
      const inRange = error.type >= 0 && error.type < 256 && error.code >= 0 && error.code < 256 && error.info >= 0;
      if (isError !== inRange) throw new Error(`half an error: ${JSON.stringify(error)}`);
    }),
    { numRuns: RUNS },
  );

  expect([...seen].sort()).toEqual(["icmp", "icmp6", "local"]);
});

test("a stamp and an error are found behind messages of any other kind and length", () => {
  const others = [1, 4, 12, 20].map((bytes) => control(sys.SOL_IP, sys.IP_TTL, new Uint8Array(bytes)));
  const data = Buffer.concat([
    ...others,
    control(sys.SOL_IP, sys.IP_RECVERR, extendedError(2, 3, 4, 1300)),
    control(sys.SOL_SOCKET, sys.SO_TIMESTAMPING, stamps(1_700_000_005, 42)),
  ]);
  const error: ReportedError = { origin: "local", type: 0, code: 0, info: 0 };

  expect(kernelStampNanos(ringWith(data), MESSAGE, 1_700_000_000)).toBe(5_000_000_042);
  expect(readReportedError(ringWith(data), MESSAGE, error)).toBe(true);
  expect(error).toEqual({ origin: "icmp", type: 3, code: 4, info: 1300 });
});

test("a stamp of 0 is none, and an error that only goes with a stamp is none", () => {
  const SO_EE_ORIGIN_TIMESTAMPING = 4;

  expect(kernelStampNanos(ringWith(control(sys.SOL_SOCKET, sys.SO_TIMESTAMPING, stamps(0, 0))), MESSAGE, 0)).toBeNaN();
  const beside = control(sys.SOL_IP, sys.IP_RECVERR, extendedError(SO_EE_ORIGIN_TIMESTAMPING, 0, 0, 0));
  expect(readReportedError(ringWith(beside), MESSAGE, { origin: "local", type: 0, code: 0, info: 0 })).toBe(false);
});

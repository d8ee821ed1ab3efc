import fc from "fast-check";
import {
  emptyStampReply,
  readStampReply,
  rewriteStampTime,
  stampSequence,
  writeStampRequest,
} from "../../src/packet/stamp.ts";
import { isStampSealed, sealStamp } from "../../src/packet/stamp-hmac.ts";
import { stampBaseBytes } from "../../src/packet/stamp-layout.ts";
import { isReflected, reflectStamp } from "../../src/packet/stamp-reflection.ts";
import { areTlvsTrusted, reflectTlvs } from "../../src/packet/stamp-tlv.ts";
import { captured, capturedKey } from "./stamp-captures.ts";
import { hmacOf } from "./stamp-hmac.ts";

const hmac = hmacOf(capturedKey);
type Mode = "plain" | "authenticated";

interface Times {
  readonly sequence: number;
  readonly receive: readonly [number, number];
  readonly transmit: readonly [number, number];
  readonly ttl: number;
}

const times: Times = { sequence: 9, receive: [0xeeaebad7, 0x10000000], transmit: [0xeeaebad7, 0x20000000], ttl: 63 };

/** What a reflector makes of a request, in a copy. */
function reflected(request: Uint8Array, mode: Mode, { sequence, receive, transmit, ttl }: Times, key = hmac): Buffer {
  const bytes = Buffer.from(request);
  const sealed = mode === "authenticated" ? key : undefined;
  const trusted = areTlvsTrusted(bytes, 0, bytes.length, mode, sealed);
  reflectStamp(bytes, 0, mode, { sequence, receiveSeconds: receive[0], receiveFraction: receive[1], senderTtl: ttl });
  reflectTlvs(bytes, 0, bytes.length, mode, trusted, sealed);
  rewriteStampTime(bytes, 0, mode, transmit[0], transmit[1]);
  if (sealed) sealStamp(bytes, 0, sealed);
  return bytes;
}

function request(mode: Mode, tlvs: string): Buffer {
  const base = stampBaseBytes[mode];
  const bytes = Buffer.concat([Buffer.alloc(base), Buffer.from(tlvs, "hex")]);
  writeStampRequest(bytes, 0, base, mode, { sequence: 5, seconds: 1, fraction: 2, errorEstimate: 1, ssid: 7 });
  if (mode === "authenticated") sealStamp(bytes, 0, hmac);
  return bytes;
}

function tlvsOf(reply: Buffer, mode: Mode): string {
  return reply.toString("hex", stampBaseBytes[mode]);
}

/** The unknown TLV of these captures (Timestamp Information, Class of Service) is one that stamp-suite knows and fills in. */
function withoutUnknownTlv(reply: string, mode: Mode): string {
  const base = stampBaseBytes[mode] * 2;
  return reply.slice(0, base - (mode === "plain" ? 0 : 32)) + reply.slice(base).replace(/^00(03|04)0004.{8}/, "");
}

test.each(captured.filter(({ name }) => !name.includes("unknown")))(
  "our reply to a captured request is the captured reply, bit for bit: $name",
  ({ mode, request, reply }) => {
    const theirs = emptyStampReply();
    readStampReply(Buffer.from(reply, "hex"), 0, reply.length / 2, mode, theirs);

    const ours = reflected(Buffer.from(request, "hex"), mode, {
      sequence: theirs.sequence,
      receive: [theirs.receiveSeconds, theirs.receiveFraction],
      transmit: [theirs.seconds, theirs.fraction],
      ttl: theirs.senderTtl,
    });

    expect(ours.toString("hex")).toBe(reply);
  },
);

test("a TLV that we do not know goes back with flag U, and the padding behind it as it came", () => {
  const { request = "", reply = "" } = captured[1] ?? {};

  const ours = reflected(Buffer.from(request, "hex"), "plain", times);

  expect(tlvsOf(ours, "plain")).toBe("80030004000000000001000c42229acc32cdd8e586c6cf46");
  expect(withoutUnknownTlv(reply, "plain").slice(88)).toBe(tlvsOf(ours, "plain").slice(16));
});

test("a captured HMAC TLV over an unknown TLV is trusted, and computed anew for the reply's number", () => {
  const { request = "" } = captured[3] ?? {};

  const ours = reflected(Buffer.from(request, "hex"), "authenticated", times);

  expect(tlvsOf(ours, "authenticated").slice(0, 16)).toBe("8004000400000000");
  expect(isStampSealed(ours, 0, hmac)).toBe(true);
  const digest = hmac(ours, 0, 4, 112, 8 + 16).subarray(0, 16);
  expect(tlvsOf(ours, "authenticated").slice(-40)).toBe(`00080010${Buffer.from(digest).toString("hex")}`);
});

test("the sender's fields, its TTL and the SSID come back", () => {
  for (const mode of ["plain", "authenticated"] as const) {
    const read = emptyStampReply();

    readStampReply(reflected(request(mode, ""), mode, times), 0, stampBaseBytes[mode], mode, read);

    expect(read).toEqual({
      sequence: 9,
      seconds: 0xeeaebad7,
      fraction: 0x20000000,
      errorEstimate: 1,
      ssid: 7,
      receiveSeconds: 0xeeaebad7,
      receiveFraction: 0x10000000,
      senderSequence: 5,
      senderSeconds: 1,
      senderFraction: 2,
      senderTtl: 63,
    });
  }
});

// Flags: 80 unrecognized, 40 malformed, 20 integrity.
test.each([
  ["one byte after the base", "80", "40"],
  ["three bytes after the base", "800100", "400100"],
  ["a value that goes on behind the packet", "80010005aabbccdd", "40010005aabbccdd"],
  ["a good TLV, then one too long", "8001000080ff0001", "0001000040ff0001"],
  ["what stands behind a malformed one as it came", "80ff00ff80010000", "40ff00ff80010000"],
  ["type 0, reserved", "80000000", "80000000"],
  ["type 255, reserved", "00ff0001aa", "80ff0001aa"],
  ["flags that a sender may not set", "ff010000", "00010000"],
  ["an HMAC TLV of the wrong length", "8008000faabbccddeeff00112233445566", "4008000faabbccddeeff00112233445566"],
  [
    "an HMAC TLV without a key to check it",
    `80010000${"80080010"}${"00".repeat(16)}`,
    `20010000${"20080010"}${"00".repeat(16)}`,
  ],
])("plain TLVs: %s", (_, sent, back) => {
  expect(tlvsOf(reflected(request("plain", sent), "plain", times), "plain")).toBe(back);
});

const hmacTlv = (tlvs: string) => {
  const sequence = request("authenticated", "").subarray(0, 4);
  const text = Buffer.concat([sequence, Buffer.from(tlvs, "hex")]);
  return `80080010${Buffer.from(hmac(text, 0, text.length)).toString("hex", 0, 16)}`;
};

test.each([
  ["padding alone needs no HMAC TLV", "80010000", "00010000"],
  ["another TLV without an HMAC TLV fails", "80ff000080010000", "a0ff000020010000"],
  [
    "a wrong HMAC TLV fails all",
    `80010000${hmacTlv("80010001")}`,
    `20010000${hmacTlv("80010001").replace(/^80/, "20")}`,
  ],
  ["a TLV behind the HMAC TLV fails all", `${hmacTlv("")}80ff0000`, `${hmacTlv("").replace(/^80/, "20")}a0ff0000`],
  ["a second HMAC TLV fails all", `${hmacTlv("")}${hmacTlv("")}`, hmacTlv("").replace(/^80/, "20").repeat(2)],
])("authenticated TLVs: %s", (_, sent, back) => {
  expect(tlvsOf(reflected(request("authenticated", sent), "authenticated", times), "authenticated")).toBe(back);
});

test("padding may stand behind the HMAC TLV", () => {
  const reply = reflected(request("authenticated", `${hmacTlv("")}80010002beef`), "authenticated", times);

  expect(tlvsOf(reply, "authenticated")).toMatch(/^00080010[0-9a-f]{32}00010002beef$/);
  expect(reply.subarray(116, 132)).toEqual(Buffer.from(hmac(reply, 0, 4)).subarray(0, 16));
});

test("a reply is known again even where the reflector's clock is hours off", () => {
  for (const mode of ["plain", "authenticated"] as const) {
    for (const seconds of [1, 0xeeaebad7 - 7200, 0xffffffff]) {
      const reply = reflected(request(mode, ""), mode, { ...times, receive: [seconds, 9], transmit: [seconds, 10] });
      expect(isReflected(reply, 0, reply.length, mode)).toBe(true);
      expect(isReflected(reply, 0, stampBaseBytes[mode] - 1, mode)).toBe(false);
    }
  }
});

test("whatever arrives, its reflection has its length, never throws and is known as one", () => {
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .tuple(fc.constantFrom<Mode>("plain", "authenticated"), fc.uint8Array({ maxLength: 80 }))
      .map(([mode, tlvs]) => request(mode, Buffer.from(tlvs).toString("hex"))),
  );
  fc.assert(
    fc.property(anything, fc.constantFrom<Mode>("plain", "authenticated"), (bytes, mode) => {
      if (bytes.length < stampBaseBytes[mode]) return;
      const sequence = stampSequence(bytes, 0);

      const reply = reflected(bytes, mode, times, () => bytes);

      const read = emptyStampReply();
      if (reply.length !== bytes.length) throw new Error("another length");
      if (readStampReply(reply, 0, reply.length, mode, read) !== "ours-shaped") throw new Error("no reply");
      if (read.senderSequence !== sequence || !isReflected(reply, 0, reply.length, mode))
        throw new Error("not known again");
    }),
    { numRuns: 100_000 },
  );
});

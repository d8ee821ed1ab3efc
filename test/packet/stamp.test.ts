import fc from "fast-check";
import {
  emptyStampReply,
  isStampLength,
  readStampReply,
  rewriteStampSequence,
  rewriteStampTime,
  stampSequence,
  stampSsid,
  writeStampRequest,
} from "../../src/packet/stamp.ts";
import { isStampSealed, sealStamp } from "../../src/packet/stamp-hmac.ts";
import { stampBaseBytes } from "../../src/packet/stamp-layout.ts";
import { isReflected } from "../../src/packet/stamp-reflection.ts";
import { captured, capturedKey } from "./stamp-captures.ts";
import { hmacOf } from "./stamp-hmac.ts";

const modes = ["plain", "authenticated"] as const;
const fields = { sequence: 0x01020304, seconds: 0xeeaebad7, fraction: 0x339ccd3b, errorEstimate: 0x0001, ssid: 0x1234 };
const hmac = hmacOf(capturedKey);

function request(mode: (typeof modes)[number], length: number): Uint8Array {
  const bytes = new Uint8Array(length + 8).fill(0xaa);
  writeStampRequest(bytes, 4, length, mode, fields);
  return bytes;
}

test("a request has the fields of the captured one in their places", () => {
  const theirs = Buffer.from(captured[0]?.request ?? "", "hex");
  const ours = Buffer.alloc(44, 0xaa);

  writeStampRequest(ours, 0, 44, "plain", { ...fields, sequence: stampSequence(theirs, 0) });
  rewriteStampTime(ours, 0, "plain", theirs.readUInt32BE(4), theirs.readUInt32BE(8));

  expect(ours.toString("hex")).toBe(captured[0]?.request);
});

test("an authenticated request has the fields and the HMAC of the captured one", () => {
  const theirs = Buffer.from(captured[2]?.request ?? "", "hex").subarray(0, 112);
  const ours = Buffer.alloc(112, 0xaa);

  writeStampRequest(ours, 0, 112, "authenticated", { ...fields, sequence: stampSequence(theirs, 0) });
  rewriteStampTime(ours, 0, "authenticated", theirs.readUInt32BE(16), theirs.readUInt32BE(20));
  sealStamp(ours, 0, hmac);

  expect(ours.toString("hex")).toBe(theirs.toString("hex"));
});

test.each(modes)("padding of a %s request is one TLV with the rest of the length", (mode) => {
  const base = stampBaseBytes[mode];
  for (const [length, header] of [
    [base + 4, "80010000"],
    [base + 5, "80010001"],
    [1400, `8001${(1400 - base - 4).toString(16).padStart(4, "0")}`],
  ] as const) {
    const bytes = Buffer.from(request(mode, length));
    expect(bytes.toString("hex", 4 + base, 4 + base + 4)).toBe(header);
    expect([...bytes.subarray(4 + base + 4)].every((b) => b === 0xaa)).toBe(true);
    expect([...bytes.subarray(0, 4)].every((b) => b === 0xaa)).toBe(true);
  }
});

test.each(modes)("a %s request that is no base plus a whole TLV is refused", (mode) => {
  const base = stampBaseBytes[mode];
  for (const length of [0, 43, base - 1, base + 1, base + 2, base + 3, base + 4 + 65_536]) {
    expect(isStampLength(length, mode)).toBe(false);
    expect(() => writeStampRequest(new Uint8Array(70_000), 0, length, mode, fields)).toThrow(RangeError);
  }
  expect([base, base + 4, base + 5, 65_499].map((length) => isStampLength(length, mode))).toEqual(Array(4).fill(true));
});

test("a sequence number wraps at 32 bits", () => {
  const bytes = request("plain", 44);

  rewriteStampSequence(bytes, 4, 2 ** 32 - 1);
  expect(stampSequence(bytes, 4)).toBe(2 ** 32 - 1);
  rewriteStampSequence(bytes, 4, 2 ** 32);
  expect(stampSequence(bytes, 4)).toBe(0);
});

test.each(captured)("a captured reply, $name, is read", ({ mode, request, reply }) => {
  const sent = Buffer.from(request, "hex");
  const bytes = Buffer.from(reply, "hex");
  const time = mode === "plain" ? 4 : 16;
  const read = emptyStampReply();

  expect(readStampReply(bytes, 0, bytes.length, mode, read)).toBe("ours-shaped");
  expect(read).toMatchObject({
    sequence: stampSequence(sent, 0),
    senderSequence: stampSequence(sent, 0),
    senderSeconds: sent.readUInt32BE(time),
    senderFraction: sent.readUInt32BE(time + 4),
    errorEstimate: 1,
    ssid: stampSsid(sent, 0, mode),
    senderTtl: 255,
    receiveSeconds: 0xeeaebad7,
    seconds: 0xeeaebad7,
  });
  expect(read.fraction).toBeGreaterThan(read.receiveFraction);
  expect(read.receiveFraction).toBeGreaterThan(read.senderFraction);
});

test.each(captured)("every truncation of a captured reply, $name, is malformed", ({ mode, reply }) => {
  const bytes = Buffer.from(reply, "hex");
  const read = emptyStampReply();
  for (let length = 0; length < stampBaseBytes[mode]; length++) {
    expect(readStampReply(bytes, 0, length, mode, read)).toBe("malformed");
    expect(readStampReply(bytes.subarray(0, length), 0, bytes.length, mode, read)).toBe("malformed");
  }
  expect(read).toEqual(emptyStampReply());
});

test.each(captured.filter(({ mode }) => mode === "authenticated"))(
  "the HMAC of a captured packet, $name, holds until any bit of it is another",
  ({ request, reply }) => {
    for (const hex of [request, reply]) {
      const bytes = Buffer.from(hex, "hex");
      expect(isStampSealed(bytes, 0, hmac)).toBe(true);
      expect(isStampSealed(bytes, 0, hmacOf(Buffer.from("another key of 16+")))).toBe(false);
      for (let k = 0; k < 112; k++) {
        const forged = Buffer.from(bytes);
        forged.writeUInt8((forged[k] ?? 0) ^ (1 << (k % 8)), k);
        expect(isStampSealed(forged, 0, hmac)).toBe(false);
      }
    }
  },
);

test.each(captured)("a captured request, $name, is no reply; its reply is one", ({ mode, request, reply }) => {
  expect(isReflected(Buffer.from(request, "hex"), 0, request.length / 2, mode)).toBe(false);
  expect(isReflected(Buffer.from(reply, "hex"), 0, reply.length / 2, mode)).toBe(true);
});

test("random bytes never throw, and are a reply exactly where they are long enough", () => {
  const read = emptyStampReply();
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 160 }),
      fc.integer({ min: 0, max: 20 }),
      fc.integer({ min: 0, max: 200 }),
      fc.constantFrom(...modes),
      (bytes, at, length, mode) => {
        const long = length >= stampBaseBytes[mode] && at + length <= bytes.length;
        if (readStampReply(bytes, at, length, mode, read) !== (long ? "ours-shaped" : "malformed"))
          throw new Error("taken");
      },
    ),
    { numRuns: 100_000 },
  );
});

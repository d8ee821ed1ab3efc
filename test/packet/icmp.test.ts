import fc from "fast-check";
import {
  findEchoRequest,
  foldChecksum,
  ipv4HeaderLength,
  PADDING_AT,
  paddingByte,
  paddingSums,
  readEchoReply,
  writeEchoChecksum,
  writeEchoRequest,
} from "../../src/packet/icmp.ts";

const nonce = { nonceLow: 0xdeadbeef, nonceHigh: 0x01234567 };
const fields = { ...nonce, identifier: 0x1234, stream: 0x00300007, sequence: 0xfffe0102 };

/** An echo request as the engine builds it, in memory of its own. */
function request(family: 4 | 6, length: number): Uint8Array {
  const memory = new ArrayBuffer((length + 7) & ~7);
  const bytes = new Uint8Array(memory);
  for (let k = PADDING_AT; k < length; k++) bytes[k] = paddingByte(k - PADDING_AT);
  const words = new Uint32Array(memory);
  writeEchoRequest(words, 0, family, fields);
  if (family === 4) writeEchoChecksum(words, 0, paddingSums(length - PADDING_AT)[length - PADDING_AT] ?? 0);
  return bytes.subarray(0, length);
}

/** What an honest responder makes of it: another type, the rest as it was. */
function reply(family: 4 | 6, length: number): Uint8Array {
  const bytes = Uint8Array.from(request(family, length));
  bytes[0] = family === 4 ? 0 : 129;
  return bytes;
}

/** RFC 1071 by the book: big-endian words, an odd byte padded with zero. */
function checksumByTheBook(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  return foldChecksum(sum);
}

test("an echo request has the fields of RFC 792 in their places", () => {
  const bytes = request(4, 64);

  expect(Buffer.from(bytes.subarray(0, 2)).toString("hex")).toBe("0800");
  expect(Buffer.from(bytes.subarray(4, 8)).toString("hex")).toBe("12340102");
  expect(request(6, 64)[0]).toBe(128);
});

test("the checksum of every length is that of RFC 1071", () => {
  for (const length of [28, 29, 63, 64, 65, 511, 512, 1399, 1400, 1401, 9000, 65_507]) {
    expect([length, checksumByTheBook(request(4, length))]).toEqual([length, 0]);
  }
});

/** `ping -c 1 -s 19` on loopback, as tcpdump -x showed request and reply, from the ICMP header on. */
const captured = {
  request: "08007ab0451700012e1a046b00000000dca0070000000000101112",
  reply: "000082b0451700012e1a046b00000000dca0070000000000101112",
};

test.each(Object.entries(captured))("the checksum of a captured %s of odd length holds", (_, hex) => {
  expect(checksumByTheBook(Buffer.from(hex, "hex"))).toBe(0);
});

test("a captured reply to ping is foreign", () => {
  const bytes = Buffer.from(captured.reply, "hex");

  expect(readEchoReply(bytes, 0, bytes.length, 4, nonce, { stream: 0, sequence: 0 })).toBe("foreign");
});

test.each([4, 6] as const)("a reply over IPv%i is ours, with stream and sequence", (family) => {
  const marks = { stream: 0, sequence: 0 };

  expect(readEchoReply(reply(family, 64), 0, 64, family, nonce, marks)).toBe("ours");
  expect(marks).toEqual({ stream: fields.stream, sequence: fields.sequence });
});

test("every truncation of a valid reply is malformed or foreign, never ours and never an exception", () => {
  const whole = reply(4, PADDING_AT);
  for (let length = 0; length < PADDING_AT; length++) {
    const kind = readEchoReply(whole, 0, length, 4, nonce, { stream: 0, sequence: 0 });
    expect([length, kind]).toEqual([length, length < 8 ? "malformed" : "foreign"]);
  }
});

test.each([
  ["another type", 0, 8],
  ["another code", 1, 1],
  ["another nonce", 8, 0],
  ["another nonce, last byte", 15, 0xff],
])("a packet with %s is foreign", (_, at, value) => {
  const bytes = reply(4, 64);
  bytes[at] = value;

  expect(readEchoReply(bytes, 0, 64, 4, nonce, { stream: 0, sequence: 0 })).toBe("foreign");
});

test("our request is found behind whatever link and IP headers the driver put before it", () => {
  for (const header of [0, 20, 34, 38, 54, 60]) {
    const packet = new Uint8Array(128);
    packet.set(request(4, 64), header);
    const marks = { stream: 0, sequence: 0 };

    expect(findEchoRequest(packet, 0, 128, nonce, -1, marks)).toBe(header);
    expect(findEchoRequest(packet, 0, 128, nonce, header, marks)).toBe(header);
    expect(findEchoRequest(packet, 0, 128, nonce, header === 0 ? 20 : 0, marks)).toBe(header);
    expect(marks.sequence).toBe(fields.sequence);
  }
});

test("random bytes are never taken for ours, whatever their length", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 160 }), fc.constantFrom(4 as const, 6 as const), (bytes, family) => {
      const marks = { stream: 0, sequence: 0 };
      expect(readEchoReply(bytes, 0, bytes.length, family, nonce, marks)).not.toBe("ours");
      expect(findEchoRequest(bytes, 0, bytes.length, nonce, 34, marks)).toBe(-1);
      expect(ipv4HeaderLength(bytes, 0, bytes.length)).toBeLessThanOrEqual(bytes.length);
    }),
    { numRuns: 5000 },
  );
});

test.each([
  ["4500", 20, 0],
  [`45${"00".repeat(19)}`, 20, 20],
  [`4f${"00".repeat(59)}`, 60, 60],
  [`44${"00".repeat(19)}`, 20, 0],
  [`65${"00".repeat(19)}`, 20, 0],
])("the header of %s is told", (hex, length, expected) => {
  const bytes = Buffer.from(hex, "hex");

  expect(ipv4HeaderLength(bytes, 0, Math.min(length, bytes.length))).toBe(expected);
});

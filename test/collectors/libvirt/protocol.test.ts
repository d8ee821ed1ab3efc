import { readFileSync } from "node:fs";
import fc from "fast-check";
import { type Message, readMessages } from "../../../src/collectors/libvirt/message.ts";
import { domainStats, parseDomstats } from "../../../src/collectors/libvirt/parse.ts";
import {
  decodeAllDomainStats,
  decodeAuthTypes,
  decodeError,
  decodeXml,
  encodeDomainXml,
  encodeOpen,
} from "../../../src/collectors/libvirt/protocol.ts";
import { ParseError } from "../../../src/kernel/host.ts";

const hex = (name: string) =>
  new Uint8Array(Buffer.from(readFileSync(`test/fixtures/libvirt-9.0/${name}.hex`, "utf8").replace(/\s/g, ""), "hex"));
const reply = hex("all-domain-stats");
const text = readFileSync("test/fixtures/libvirt-9.0/domstats.txt", "utf8");

test("libvirt's answer and what virsh made of it at the same time are the same", () => {
  const decoded = [...decodeAllDomainStats(reply)];
  const printed = [...parseDomstats(text)];

  expect(decoded.map(({ domain }) => domain)).toEqual([
    { name: "db", uuid: "a1b2c3d4-0002-4000-8000-00000000abcd", id: 4 },
    { name: "web <1>", uuid: "a1b2c3d4-0001-4000-8000-00000000abcd", id: 3 },
  ]);
  expect(decoded.map(({ stats }) => stats.map(([name]) => name))).toEqual(
    printed.map(({ stats }) => stats.map(([name]) => name)),
  );
  // The other one runs on between the two questions.
  expect(decoded[0]?.stats).toEqual(printed[0]?.stats);
});

test("an answer that ends anywhere too early is told with the place", () => {
  for (let length = 0; length < reply.length; length++) {
    expect(() => [...decodeAllDomainStats(reply.subarray(0, length))]).toThrow(ParseError);
  }
  expect(() => [...decodeAllDomainStats(reply.subarray(0, 50))]).toThrow(
    /^libvirt's answer, byte \d+: expected \d+ more bytes, got \d+$/,
  );
});

test("any bytes are records or a ParseError", () => {
  const bodies = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    // Near the truth: one byte of a real answer is another.
    fc
      .tuple(fc.nat(reply.length - 1), fc.nat(255))
      .map(([at, byte]) => reply.map((value, i) => (i === at ? byte : value))),
  );
  fc.assert(
    fc.property(bodies, (body) => {
      for (const decode of [decodeAllDomainStats, decodeAuthTypes, decodeError, decodeXml]) {
        try {
          const decoded = decode(body);
          if (decode === decodeAllDomainStats) {
            for (const { domain, stats } of decodeAllDomainStats(body)) domainStats(domain.name, stats);
          }
          expect(decoded).toBeDefined();
        } catch (error) {
          expect(error).toBeInstanceOf(ParseError);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test("a count that no answer has is refused before anything is read", () => {
  expect(() => [...decodeAllDomainStats(Uint8Array.of(0xff, 0xff, 0xff, 0xff))]).toThrow(
    "libvirt's answer, byte 0: expected at most 262144 entries, got 4294967295",
  );
});

test("requests are as libvirt's own client writes them", () => {
  expect(Buffer.from(encodeOpen("qemu:///system")).toString("hex")).toBe(
    "000000010000000e71656d753a2f2f2f73797374656d000000000001",
  );
  const domain = { name: "db", uuid: "a1b2c3d4-0002-4000-8000-00000000abcd", id: 4 };
  expect(Buffer.from(encodeDomainXml(domain)).toString("hex")).toBe(
    "0000000264620000a1b2c3d400024000800000000000abcd0000000400000000",
  );
});

async function messagesOf(...chunks: readonly Uint8Array[]): Promise<Message[]> {
  const messages: Message[] = [];
  async function* stream() {
    yield* chunks;
  }
  for await (const message of readMessages(stream())) messages.push(message);
  return messages;
}

const message = (serial: number, body: string) =>
  new Uint8Array(
    Buffer.from(
      `${(28 + body.length / 2).toString(16).padStart(8, "0")}20008086000000010000004200000001${serial.toString(16).padStart(8, "0")}00000000${body}`,
      "hex",
    ),
  );

test("messages are found however the stream cuts them", async () => {
  const stream = Buffer.concat([message(1, "00000000"), message(2, ""), message(3, "0000000100000002")]);
  const expected = [1, 2, 3].map((serial) => expect.objectContaining({ serial, procedure: 66, type: 1, status: 0 }));

  for (let at = 0; at <= stream.length; at++) {
    expect(await messagesOf(stream.subarray(0, at), stream.subarray(at))).toEqual(expected);
  }
  expect(await messagesOf(...Array.from(stream, (byte) => Uint8Array.of(byte)))).toEqual(expected);
});

test.each([
  ["100 MB", [0x05, 0xf5, 0xe1, 0x00], "expected a length from 28 to 33554436 bytes, got 100000000"],
  ["less than a header", [0, 0, 0, 27], "expected a length from 28 to 33554436 bytes, got 27"],
  ["text", [...Buffer.from("HTTP/1.1")], "got 1213486160"],
  ["half a message", [0, 0, 0, 40, 0x20], "expected 40 bytes, got 5 and the end of the stream"],
  ["half a length", [0, 0], "expected 4 bytes, got 2 and the end of the stream"],
])("a stream of %s is refused", async (_, bytes, problem) => {
  await expect(messagesOf(Uint8Array.from(bytes))).rejects.toThrow(problem);
  await expect(messagesOf(Uint8Array.from(bytes))).rejects.toThrow(ParseError);
});

import fc from "fast-check";
import {
  type EchoMarks,
  findEchoRequest,
  ipv4HeaderLength,
  PADDING_AT,
  readEchoReply,
  writeEchoRequest,
} from "../../src/packet/icmp.ts";
import { guarded } from "../support/guarded.ts";

const RUNS = 100_000;
/** On a machine that is busy with other tests. */
const PATIENCE_MS = 120_000;
const nonce = { nonceLow: 0xdeadbeef, nonceHigh: 0x01234567 };
const fields = { ...nonce, identifier: 0x1234, stream: 0x00300007, sequence: 0xfffe0102 };

/** An echo request of ours without padding. */
function request(family: 4 | 6): Uint8Array {
  const memory = new ArrayBuffer(PADDING_AT);
  writeEchoRequest(new Uint32Array(memory), 0, family, fields);
  return new Uint8Array(memory);
}

/** Random bytes, or a packet of ours behind some header and with some bytes changed: what gets far into the readers. */
const packets = fc.oneof(
  fc.uint8Array({ maxLength: 128 }),
  fc
    .record({
      family: fc.constantFrom(4 as const, 6 as const),
      type: fc.constantFrom(0, 8, 128, 129),
      header: fc.constantFrom(0, 14, 20, 34, 38, 54, 60).chain((n) => fc.uint8Array({ minLength: n, maxLength: n })),
      padding: fc.uint8Array({ maxLength: 16 }),
      changes: fc.array(fc.tuple(fc.nat(103), fc.nat(255)), { maxLength: 2 }),
      cut: fc.oneof(fc.constant(0), fc.nat(48)),
    })
    .map(({ family, type, header, padding, changes, cut }) => {
      const ours = request(family);
      ours[0] = type;
      const whole = Uint8Array.from([...header, ...ours, ...padding]);
      for (const [at, value] of changes) if (at < whole.length) whole[at] = value;
      return whole.subarray(0, Math.max(0, whole.length - cut));
    }),
);

/** The packet in the middle of other memory, which nobody may look at. */
function alone(packet: Uint8Array, at: number): Uint8Array {
  const memory = new Uint8Array(at + packet.length + 64);
  memory.set(packet, at);
  return guarded(memory, at, at + packet.length);
}

const families = fc.constantFrom(4 as const, 6 as const);
const offsets = fc.constantFrom(0, 8, 224);

test(
  "whatever comes in, a reply is ours, foreign or malformed, and nothing beside it is read",
  () => {
    const seen = new Set<string>();

    fc.assert(
      fc.property(packets, families, offsets, (packet, family, at) => {
        const marks: EchoMarks = { stream: 0, sequence: 0 };
        const reading = readEchoReply(alone(packet, at), at, packet.length, family, nonce, marks);
        seen.add(reading);
        if (reading === "ours") expect(marks).toEqual(marksAt(packet, 0));
        else expect(marks).toEqual({ stream: 0, sequence: 0 });
      }),
      { numRuns: RUNS },
    );

    expect([...seen].sort()).toEqual(["foreign", "malformed", "ours"]);
  },
  PATIENCE_MS,
);

test(
  "whatever the error queue returns, our request is found where it is, and nothing beside it is read",
  () => {
    let found = 0;

    fc.assert(
      fc.property(packets, offsets, fc.integer({ min: -1, max: 140 }), (packet, at, hint) => {
        const marks: EchoMarks = { stream: 0, sequence: 0 };
        const offset = findEchoRequest(alone(packet, at), at, packet.length, nonce, hint, marks);
        if (offset < 0) return;
        found++;
        expect(offset + PADDING_AT).toBeLessThanOrEqual(packet.length);
        expect(marks).toEqual(marksAt(packet, offset));
      }),
      { numRuns: RUNS },
    );

    expect(found).toBeGreaterThan(RUNS / 20);
  },
  PATIENCE_MS,
);

test(
  "whatever an IPv4 header says, its length stays inside the packet, and nothing beside it is read",
  () => {
    const lengths = new Set<number>();
    const first = fc.oneof(fc.nat(255), fc.constantFrom(0x45, 0x46, 0x4f, 0x44, 0x65));

    fc.assert(
      fc.property(packets, first, offsets, (packet, byte, at) => {
        if (packet.length > 0) packet[0] = byte;
        const length = ipv4HeaderLength(alone(packet, at), at, packet.length);
        lengths.add(length);
        expect(length).toBe(
          byte >> 4 === 4 && (byte & 15) >= 5 && (byte & 15) * 4 <= packet.length ? (byte & 15) * 4 : 0,
        );
      }),
      { numRuns: RUNS },
    );

    expect([...lengths].sort((a, b) => a - b)).toEqual([0, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60]);
  },
  PATIENCE_MS,
);

/** Read by the book, from a packet whose nonce has to be ours. */
function marksAt(packet: Uint8Array, at: number): EchoMarks {
  const view = new DataView(packet.buffer, packet.byteOffset + at);
  expect([view.getUint32(8, true), view.getUint32(12, true)]).toEqual([nonce.nonceLow, nonce.nonceHigh]);
  return { stream: view.getUint32(16, true), sequence: view.getUint32(20, true) };
}

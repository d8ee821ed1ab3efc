import fc from "fast-check";
import { accumulate, createCounted, parseSampleTimes } from "../../../src/collectors/vcenter/accumulate.ts";
import { parseObjectUpdate } from "../../../src/collectors/vcenter/parse.ts";
import { readXml } from "../../../src/collectors/vcenter/read-xml.ts";
import type { XmlElement } from "../../../src/collectors/vcenter/xml.ts";
import { ParseError } from "../../../src/kernel/host.ts";
import { createVcenterBench } from "../../support/fake-vcenter-reader.ts";

const wanted = new Set(["objectSet", "version", "truncated", "Fault"]);
const LONGEST_MS = 2000;

/** An answer as the fake writes it, the first one with all machines. */
const whole = await answerOfFake();

async function answerOfFake(): Promise<Buffer> {
  const bench = createVcenterBench();
  const vcenter = await bench.startVcenter();
  const caught: string[] = [];
  vcenter.onAnswer = (method, text) => {
    if (method === "WaitForUpdatesEx") caught.push(text);
  };
  await bench.open(vcenter).read();
  await bench.close();
  return Buffer.from(caught[0] ?? "");
}

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** What is read of it before it ends or fails; whatever fails is a ParseError, and soon. */
async function read(bytes: Uint8Array, size = 4096): Promise<readonly XmlElement[]> {
  const elements: XmlElement[] = [];
  const from = performance.now();
  try {
    await readXml(
      inPieces(bytes, size),
      wanted,
      (element) => {
        elements.push(element);
        if (element.name === "objectSet") parseObjectUpdate(element);
      },
      "Envelope",
    );
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
  }
  expect(performance.now() - from).toBeLessThan(LONGEST_MS);
  return elements;
}

test("the answer has all objects, however it is cut into pieces", async () => {
  const elements = await read(whole, whole.length);

  expect(elements.filter(({ name }) => name === "objectSet").length).toBeGreaterThan(9);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 300 }), async (size) => {
      expect(await read(whole, size)).toEqual(elements);
    }),
    { numRuns: 15 },
  );
});

test("an answer that is cut off anywhere is refused, and gives no object that is not whole", async () => {
  const elements = await read(whole, whole.length);

  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 20 }), async (end) => {
      const some = await read(whole.subarray(0, end));
      expect(some).toEqual(elements.slice(0, some.length));
      await expect(
        readXml(inPieces(whole.subarray(0, end), 4096), wanted, () => undefined, "Envelope"),
      ).rejects.toThrow(ParseError);
    }),
    { numRuns: 100 },
  );
});

test("an answer with bytes changed, taken out or put in never throws anything but a ParseError", async () => {
  const edit = fc.record({
    at: fc.integer({ min: 0, max: whole.length - 1 }),
    remove: fc.integer({ min: 0, max: 40 }),
    put: fc.oneof(
      fc.uint8Array({ maxLength: 8 }),
      fc
        .constantFrom(
          "<",
          ">",
          "&",
          "&#0;",
          "&#x110000;",
          "&lol;",
          "]]>",
          "<!--",
          "<![CDATA[",
          "<?xml?>",
          "\0",
          "xmlns=''",
          "</",
          "<a:b:c>",
          "xsi:type=''",
          "<!DOCTYPE x>",
        )
        .map((text) => new Uint8Array(Buffer.from(text))),
    ),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
      let bytes = whole;
      for (const { at, remove, put } of edits) {
        bytes = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + remove)]);
      }
      await read(bytes);
    }),
    { numRuns: 1000 },
  );
});

test("no bytes at all hang it or throw anything but a ParseError", async () => {
  const piece = fc.oneof(
    fc.string({ unit: "binary", maxLength: 50 }).map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
    fc
      .constantFrom(
        "<e:Envelope>",
        "<objectSet>",
        "</objectSet>",
        "<returnval xsi:type='x'>",
        "<obj type='VirtualMachine'>",
        "<changeSet>",
        "<name>config.hardware.device</name>",
        "<val>",
        "<",
      )
      .map((text) => Buffer.from(text)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 60 }), async (pieces) => {
      await read(Buffer.concat(pieces), 7);
      await read(Buffer.concat([Buffer.from("<Envelope>"), ...pieces]), 7);
    }),
    { numRuns: 2000 },
  );
});

test("sample times are read as numbers or not at all", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(fc.constantFrom("20", "2026-11-23T10:00:20Z", "", "-1", "NaN", "0")).map((parts) => parts.join(",")),
      ),
      (text) => {
        const times = parseSampleTimes(text);
        for (const at of [...(times?.atMs ?? []), ...(times?.intervalSeconds ?? [])]) expect(at).toBeGreaterThan(0);
      },
    ),
    { numRuns: 5000 },
  );
});

test("whatever the order and the repetitions of the polls, each sample is counted once", () => {
  const START = Date.parse("2026-11-23T10:00:00Z");
  const count = 12;
  const polls = fc.array(
    fc.shuffledSubarray(
      Array.from({ length: count }, (_, i) => i),
      { minLength: 1 },
    ),
    {
      minLength: 1,
      maxLength: 8,
    },
  );
  fc.assert(
    fc.property(polls, (readings) => {
      const counted = createCounted();
      // Between the first and the last all samples are within the time for which holes are waited for.
      const wait = 5;
      const seen = new Set<number>();
      for (const reading of readings) {
        const soon = reading.map((n) => n % wait);
        for (const n of soon) seen.add(n);
        const times = { atMs: soon.map((n) => START + 20_000 * n), intervalSeconds: soon.map(() => 20) };
        accumulate(counted, times, [{ key: "ready", adding: "sum", values: soon.map((n) => 10 ** n).join(",") }]);
      }
      const first = Math.min(...(readings[0] ?? []).map((n) => n % wait));
      const expected = [...seen].filter((n) => n >= first).reduce((sum, n) => sum + 10 ** n, 0);
      expect(counted.totals.get("ready")).toBe(expected);
    }),
    { numRuns: 3000 },
  );
});

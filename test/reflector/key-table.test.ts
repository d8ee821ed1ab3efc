import fc from "fast-check";
import { createKeyTable } from "../../src/reflector/key-table.ts";

const key = (value: number) => Uint32Array.of(value, value ^ 0xffff, 7);
const never = () => false;

test("a key is found at its place until it is released", () => {
  const table = createKeyTable(64, 3, 1);

  expect(table.find(key(1))).toBe(-1);
  const place = table.take(key(1), never);
  expect(table.find(key(1))).toBe(place);
  expect(table.find(key(2))).toBe(-1);
  table.release(place);
  expect(table.find(key(1))).toBe(-1);
});

test("a full table takes no more than it has places, unless one may be given up", () => {
  const table = createKeyTable(8, 3, 1);
  const places = Array.from({ length: 9 }, (_, i) => table.take(key(i), never));

  expect(new Set(places.slice(0, 8)).size).toBe(8);
  expect(places[8]).toBe(-1);
  expect(table.take(key(9), (place) => place === 3)).toBe(3);
  expect(table.find(key(9))).toBe(3);
  expect(places.map((_, i) => table.find(key(i))).filter((place) => place >= 0)).toHaveLength(7);
});

test("a half full table has room for almost every key, whatever the keys look like", () => {
  for (const step of [1, 256, 65_536, 16_777_216]) {
    const table = createKeyTable(65_536, 3, 0x1234_5678);
    let refused = 0;
    for (let i = 0; i < 32_768; i++) if (table.take(key(Math.imul(i, step) + (i >>> 8)), never) < 0) refused++;
    expect(refused).toBeLessThan(32_768 * 0.02);
  }
});

test("it keeps what a map keeps", () => {
  const commands = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 40 })), { maxLength: 200 });
  fc.assert(
    fc.property(commands, fc.integer(), (list, seed) => {
      const table = createKeyTable(1024, 3, seed);
      const model = new Set<number>();
      for (const [add, value] of list) {
        const place = table.find(key(value));
        expect(place >= 0).toBe(model.has(value));
        if (add && place < 0 && table.take(key(value), never) >= 0) model.add(value);
        if (!add && place >= 0) {
          table.release(place);
          model.delete(value);
        }
      }
    }),
    { numRuns: 500 },
  );
});

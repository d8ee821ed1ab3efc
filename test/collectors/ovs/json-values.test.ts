import fc from "fast-check";
import { createJsonSplitter } from "../../../src/collectors/ovs/json-values.ts";
import { ParseError } from "../../../src/kernel/host.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const splitter = (maxBytes = 1e6) => createJsonSplitter("db.sock", maxBytes);

test("values that nothing separates are told apart, and a rest waits for its end", () => {
  const stream = splitter();

  expect(stream.push(bytesOf('{"id":1}{"id":2}[3]\n {"id"'))).toEqual([{ id: 1 }, { id: 2 }, [3]]);
  expect(stream.push(bytesOf(":"))).toEqual([]);
  expect(stream.push(bytesOf('4}{"'))).toEqual([{ id: 4 }]);
});

test("brackets, quotes and backslashes within strings end nothing", () => {
  const value = { 'a"}]': ["\\", '\\"}', "{[", "é}", "𝄞"], b: { c: "]" } };

  expect(splitter().push(bytesOf(JSON.stringify(value)))).toEqual([value]);
});

test("values come out the same wherever the stream is cut", () => {
  const value = fc.jsonValue().map((content) => ({ content }));
  fc.assert(
    fc.property(fc.array(value, { maxLength: 4 }), fc.array(fc.nat(200), { maxLength: 8 }), (values, cuts) => {
      const bytes = bytesOf(values.map((one) => JSON.stringify(one)).join(""));
      const edges = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
      const stream = splitter();

      const found = edges.slice(1).flatMap((edge, index) => stream.push(bytes.subarray(edges[index], edge)));

      expect(JSON.stringify(found)).toBe(JSON.stringify(values));
    }),
  );
});

test.each([
  ["HTTP/1.1 400 Bad Request", "db.sock: expected an object in JSON, found the byte 0x48"],
  ["}", "db.sock: expected an object in JSON, found the byte 0x7d"],
  ['{"id":1]', 'db.sock: expected JSON, found {"id":1]'],
  ["{id:1}", "db.sock: expected JSON, found {id:1}"],
  ["\0", "db.sock: expected an object in JSON, found the byte 0x0"],
])("%j is not understood", (text, message) => {
  expect(() => splitter().push(bytesOf(text))).toThrow(new ParseError(message));
});

test("a stream has a cap, however many values it is", () => {
  const stream = splitter(20);

  expect(stream.push(bytesOf('{"id":1}{"id":2}'))).toHaveLength(2);
  expect(() => stream.push(bytesOf('{"id":3}'))).toThrow("db.sock: expected at most 20 bytes, found more");
});

test("random bytes are values or a ParseError, nothing else", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...'{}[]":,\\1a \n'), { maxLength: 40 }), (characters) => {
      try {
        splitter().push(bytesOf(characters.join("")));
      } catch (error) {
        expect(error).toBeInstanceOf(ParseError);
      }
    }),
  );
});

import { nested, readAttributes, textOf, u8Of, u32Of, u64Of } from "../../../src/kernel/netlink/attributes.ts";
import { dumpRequest, numbered, readDump, requestType } from "../../../src/kernel/netlink/message.ts";
import { attribute, concat, done, message, text, u16, u32, u64 } from "../../support/netlink-bytes.ts";

const DUMP_INTR = 0x10;

test("a request is the header of linux/netlink.h with flags REQUEST and DUMP, then its body", () => {
  const request = numbered(dumpRequest(18, Uint8Array.of(1, 2, 3, 4)), 7);

  expect(request).toEqual(concat(u32(20), u16(18), u16(0x301), u32(7, 0), Uint8Array.of(1, 2, 3, 4)));
  expect(requestType(request)).toBe(18);
});

test("numbering a request leaves the original as it was", () => {
  const request = dumpRequest(18, new Uint8Array());

  numbered(request, 7);

  expect(request[8]).toBe(0);
});

test("a part holds messages behind each other, and does not end the dump", () => {
  const part = readDump(concat(message(16, u32(1)), message(16, Uint8Array.of(2, 0, 0)), message(17, u32(3))));

  expect(part.messages.map(({ type, payload }) => [type, payload.length, payload[0]])).toEqual([
    [16, 4, 1],
    [16, 3, 2],
    [17, 4, 3],
  ]);
  expect(part).toMatchObject({ ended: undefined, interrupted: false });
});

test("the end tells success, or the kernel's error as a positive number", () => {
  expect(readDump(done()).ended).toBe(0);
  expect(readDump(done(-95)).ended).toBe(95);
  expect(readDump(message(2, u32(-1 >>> 0, 0, 0, 0, 0))).ended).toBe(1);
});

test("what follows the end is not looked at", () => {
  expect(readDump(concat(done(), Uint8Array.of(1, 2, 3))).messages).toEqual([]);
});

test("one interrupted message makes the part interrupted", () => {
  const bytes = concat(message(16, u32(1)), message(16, u32(2), { flags: 2 | DUMP_INTR }), done());

  expect(readDump(bytes)).toMatchObject({ interrupted: true, ended: 0 });
});

test("answers to an earlier request are passed over, its end too", () => {
  const bytes = concat(
    message(16, u32(1), { sequence: 4 }),
    done(0, { sequence: 4, flags: 2 | DUMP_INTR }),
    message(16, u32(2), { sequence: 5 }),
  );

  const part = readDump(bytes, 5);

  expect(part.messages).toHaveLength(1);
  expect(part).toMatchObject({ ended: undefined, interrupted: false });
});

test.each([
  [concat(u32(15), new Uint8Array(12)), "netlink message at 0: expected 16 to 16 bytes, got 15"],
  [concat(message(16, u32(1)), u32(4000), new Uint8Array(12)), "netlink message at 20: expected 16 to 16 bytes"],
  [concat(message(16, u32(1)), u32(16)), "netlink message at 20: expected 16 to 4 bytes, got 0"],
])("a length that leads nowhere is refused", (bytes, error) => {
  expect(() => readDump(bytes)).toThrow(error);
});

test("attributes are found by type, whatever their flags, and read as what they are", () => {
  const attributes = readAttributes(
    concat(
      attribute(1, text("eth0")),
      attribute(2 | 0x8000, attribute(5, Uint8Array.of(9))),
      attribute(3, u32(0xffff_fffe)),
      attribute(4, u64(2n ** 53n - 1n)),
      attribute(6, text("no zero").slice(0, 7)),
    ),
    "test",
  );

  expect(textOf(attributes, 1)).toBe("eth0");
  expect(textOf(attributes, 6)).toBe("no zero");
  expect(u8Of(nested(attributes, 2, "test"), 5)).toBe(9);
  expect(u32Of(attributes, 3)).toBe(0xffff_fffe);
  expect(u64Of(attributes, 4)).toBe(2 ** 53 - 1);
});

test("an attribute that is missing or too short is unknown", () => {
  const attributes = readAttributes(concat(attribute(1, Uint8Array.of(1)), attribute(2)), "test");

  expect([u32Of(attributes, 1), u64Of(attributes, 1), u8Of(attributes, 2), u8Of(attributes, 3)]).toEqual(
    Array(4).fill(undefined),
  );
  expect([textOf(attributes, 2), textOf(attributes, 3)]).toEqual(["", ""]);
  expect(nested(attributes, 3, "test").size).toBe(0);
});

test.each([
  [u16(3), u16(1)],
  [u16(9), u16(1)],
])("an attribute whose length leads nowhere is refused", (length, type) => {
  expect(() => readAttributes(concat(length, type, u32(0)), "link 4")).toThrow(
    /^netlink link 4, attribute at 0: expected 4 to 8 bytes, got [39]$/,
  );
});

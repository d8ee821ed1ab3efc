import { sockaddr, sockaddrWords } from "../../src/kernel/ffi/sockaddr.ts";

test("an address has the fields of sockaddr_in and sockaddr_in6 in their places", () => {
  expect(Buffer.from(sockaddr("192.0.2.1", 0, 862)).toString("hex")).toBe("0200035ec00002010000000000000000");
  expect(Buffer.from(sockaddr("fe80::1", 3, 862)).toString("hex")).toBe(
    "0a00035e00000000fe80000000000000000000000000000103000000",
  );
});

test.each([
  ["192.0.2.1", 4],
  ["2001:db8::1", 7],
])("the words of %s are its own, also where it stands inside other memory", (address, words) => {
  const larger = Buffer.alloc(128, 0xff);
  const inside = larger.subarray(8, 8 + words * 4);
  inside.set(sockaddr(address));

  const copied = sockaddrWords(inside);
  larger.fill(0);

  expect(copied).toHaveLength(words);
  expect(Buffer.from(copied.buffer)).toEqual(Buffer.from(sockaddr(address)));
});

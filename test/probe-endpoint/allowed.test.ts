import { type Network, parseNetwork, plainAddress, translatedTo } from "../../src/config/cidr.ts";
import { isAllowed } from "../../src/probe-endpoint/allowed.ts";

const networks = (...texts: string[]): Network[] => texts.flatMap((text) => parseNetwork(text) ?? []);

function allowed(address: string, allow: readonly Network[], broadcasts: readonly string[] = []): boolean {
  const plain = plainAddress(address);
  if (!plain) throw new Error(`${address} is no address`);
  return isAllowed(plain, allow, broadcasts);
}

test("an address is allowed in its network and nowhere else", () => {
  const allow = networks("10.0.0.0/8", "fd00::/8");

  expect(allowed("10.255.0.1", allow)).toBe(true);
  expect(allowed("fd12::1", allow)).toBe(true);
  expect(allowed("::ffff:10.0.0.1", allow)).toBe(true);
  expect(allowed("11.0.0.1", allow)).toBe(false);
  expect(allowed("::ffff:11.0.0.1", allow)).toBe(false);
  expect(allowed("fe80::1", allow)).toBe(false);
});

test.each(["0.0.0.0", "0.1.2.3", "224.0.0.1", "239.1.1.1", "255.255.255.255", "::", "ff02::1", "64:ff9b:1::1"])(
  "%s is never allowed",
  (address) => {
    expect(allowed(address, networks("0.0.0.0/0", "::/0"))).toBe(false);
  },
);

test("the broadcast address of a network of ours is not allowed", () => {
  expect(allowed("10.1.2.255", networks("10.0.0.0/8"), ["10.1.2.255"])).toBe(false);
  expect(allowed("10.1.3.255", networks("10.0.0.0/8"), ["10.1.2.255"])).toBe(true);
});

test.each([
  ["64:ff9b::a00:1", ["10.0.0.1"]],
  ["2002:a00:1::5", ["10.0.0.1"]],
  ["2001:0:a00:1::f5ff:fffe", ["10.0.0.1", "10.0.0.1"]],
  ["::a00:1", ["10.0.0.1"]],
  ["::ffff:0:10.0.0.1", ["10.0.0.1"]],
  ["fd00::5efe:10.0.0.1", ["10.0.0.1"]],
  ["fd00::200:5efe:a00:1", ["10.0.0.1"]],
  ["::1", []],
  ["2001:db8::1", []],
  ["10.0.0.1", []],
])("%s leads to %j, which has to be allowed as well", (address, ipv4) => {
  const plain = plainAddress(address);

  expect(plain && translatedTo(plain)).toEqual(ipv4);
  if (address.includes(":")) {
    expect(allowed(address, networks("::/0"))).toBe(ipv4.length === 0);
    expect(allowed(address, networks("::/0", "10.0.0.0/8"))).toBe(true);
    expect(allowed(address, networks("10.0.0.0/8"))).toBe(false);
  }
});

test.each(["0x7f.1", "010.0.0.1", "127.1", "fe80::1%lo", "::10.0.0.1", "", "localhost"])("%j is no address", (text) => {
  expect(plainAddress(text)).toBeUndefined();
});

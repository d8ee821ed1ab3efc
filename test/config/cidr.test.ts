import fc from "fast-check";
import { formatNetwork, isInNetworks, parseNetwork } from "../../src/config/cidr.ts";

test.each([
  ["10.0.0.0/8", "10.0.0.0/8"],
  ["10.1.2.3/8", "10.0.0.0/8"],
  ["192.0.2.1", "192.0.2.1/32"],
  ["0.0.0.0/0", "0.0.0.0/0"],
  ["fd00::/8", "fd00::/8"],
  ["2001:db8::1", "2001:db8::1/128"],
  ["::/0", "::/0"],
  ["::ffff:10.0.0.0/104", "10.0.0.0/8"],
  ["::ffff:10.1.2.3", "10.1.2.3/32"],
  ["fd00:0:0:1fff::/51", "fd00:0:0:0:0:0:0:0/51"],
])("%s is the network %s", (text, shown) => {
  const network = parseNetwork(text);

  expect(network && parseNetwork(formatNetwork(network))).toEqual(network);
  expect(network).toEqual(parseNetwork(shown));
});

test.each([
  "",
  "10",
  "10.8",
  "010.0.0.1",
  "0x7f.0.0.1",
  "10.0.0.0/33",
  "10.0.0.0/-1",
  "10.0.0.0/8/8",
  "fd00::/129",
  "fe80::1%eth0",
  "localhost",
  "10.0.0.0/ 8",
])("%j is no network", (text) => {
  expect(parseNetwork(text)).toBeUndefined();
});

const networks = ["10.0.0.0/8", "192.0.2.4/31", "fd00::/8", "2001:db8::1"].flatMap((text) => parseNetwork(text) ?? []);

test.each([
  ["10.255.255.255", true],
  ["11.0.0.0", false],
  ["192.0.2.5", true],
  ["192.0.2.6", false],
  ["::ffff:10.1.1.1", true],
  ["::ffff:11.1.1.1", false],
  ["fdff::1", true],
  ["fe80::1%eth0", false],
  ["2001:db8::1", true],
  ["2001:db8::2", false],
  ["not an address", false],
  ["10.0.0.0/9", false],
])("whether %s is in one of the networks is told: %s", (address, expected) => {
  expect(isInNetworks(address, networks)).toBe(expected);
});

test("all of IPv6 is not IPv4, and all of IPv4 is not IPv6", () => {
  const all6 = parseNetwork("::/0");
  const all4 = parseNetwork("0.0.0.0/0");

  expect(all6 && isInNetworks("10.0.0.1", [all6])).toBe(false);
  expect(all6 && isInNetworks("::ffff:10.0.0.1", [all6])).toBe(false);
  expect(all4 && isInNetworks("::1", [all4])).toBe(false);
});

test("whatever is written, the answer is a network or none", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.ipV4Extended()), (text) => {
      const network = parseNetwork(text);
      if (network) expect(parseNetwork(formatNetwork(network))).toEqual(network);
    }),
    { numRuns: 20_000 },
  );
});

/** Addresses that the tests allow nobody to probe. */
const ipv4 = ["127.0.0.1", "10.77.0.1", "10.77.0.3", "169.254.169.254", "0.0.0.0", "192.168.0.1"];
const never = [
  "224.0.0.1",
  "239.255.255.250",
  "255.255.255.255",
  "10.77.0.255",
  "0.0.0.1",
  "ff02::1",
  "ff0e::1",
  "::",
  "::0",
];
const ipv6 = [
  "::1",
  "0:0:0:0:0:0:0:1",
  "0000:0000:0000:0000:0000:0000:0000:0001",
  "fd77::1",
  "fd77::3",
  "FD77::3",
  "fec0::1",
];

const numberOf = (address: string) => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
const hexOf = (address: string) => numberOf(address).toString(16).padStart(8, "0");
const groupsOf = (address: string) => `${hexOf(address).slice(0, 4)}:${hexOf(address).slice(4)}`;
const invertedOf = (address: string) =>
  address
    .split(".")
    .map((part) => String(255 - Number(part)))
    .join(".");
const parts = (address: string, write: (part: number) => string) =>
  address
    .split(".")
    .map((part) => write(Number(part)))
    .join(".");

/** One address in all the notations that some reader somewhere takes for it, as it stands in a query. */
function spellings(address: string): string[] {
  const number = numberOf(address);
  return [
    address,
    `${address}.`,
    ` ${address}`,
    `${address}%20`,
    `${address}%00`,
    `10.77.0.2%00${address}`,
    `10.77.0.2%20${address}`,
    `10.77.0.2,${address}`,
    `10.77.0.2@${address}`,
    `user:password@${address}`,
    `http://${address}/`,
    `//${address}`,
    `${address}/32`,
    `${address}:80`,
    `[${address}]`,
    `${address}%25eth0`,
    String(number),
    `0x${hexOf(address)}`,
    `0X${hexOf(address).toUpperCase()}`,
    `0${number.toString(8)}`,
    parts(address, (part) => `0${part.toString(8)}`),
    parts(address, (part) => part.toString().padStart(4, "0")),
    parts(address, (part) => `0x${part.toString(16)}`),
    parts(address, (part) => String(part + 256)),
    `${address.split(".")[0]}.${number % 2 ** 24}`,
    parts(address, String).replaceAll(".", "%252e"),
    address.replaceAll(".", "。"),
    [...address].map((c) => (c === "." ? c : String.fromCodePoint(0xff10 + Number(c)))).join(""),
    [...address].map((c) => (c === "." ? c : String.fromCodePoint(0x660 + Number(c)))).join(""),
    `::ffff:${address}`,
    `::ffff:${groupsOf(address)}`,
    `0:0:0:0:0:ffff:${address}`,
    `[::ffff:${address}]`,
    `::${address}`,
    `::ffff:0:${address}`,
    `64:ff9b::${address}`,
    `64:ff9b:1::${address}`,
    `2002:${groupsOf(address)}::1`,
    `2001:0:${groupsOf(address)}::1`,
    `2001::${invertedOf(address)}`,
    `fd77::200:5efe:${address}`,
  ];
}

/** Names that the tests' name server answers with an address that is not allowed, by the address. */
export const forbiddenNames: Readonly<Record<string, readonly string[]>> = {
  "loopback.test": ["127.0.0.1"],
  "other.test": ["10.77.0.3"],
  "unspecified.test": ["0.0.0.0"],
  "multicast.test": ["224.0.0.1"],
  "mapped.test": ["::ffff:10.77.0.3"],
  "nat64.test": ["64:ff9b::7f00:1"],
  "translated.test": ["2002:7f00:1::1"],
  "loopback6.test": ["::1"],
};

/** Values of the parameter `target` that must send no packet, where 10.77.0.2, fd77::/64 but fd77::1 and :3, and translators are allowed. */
export const bypasses: readonly string[] = [
  ...ipv4.flatMap(spellings),
  ...never,
  ...ipv6.flatMap((address) => [address, `[${address}]`, `${address}%25lo`, `${address}%25v0`, `${address}%251`]),
  ...Object.keys(forbiddenNames).flatMap((name) => [name, `${name}.`, name.toUpperCase()]),
  "localhost",
  "LOCALHOST",
  "localhost.",
  "default-gateway",
  "",
  "%00",
  ".",
  "..",
  "a".repeat(300),
  `${"a.".repeat(200)}test`,
  "9".repeat(5000),
  "%ff%fe",
  "%c0%ae%c0%ae",
  "../../etc/passwd",
  "10.77.0.2&target=127.0.0.1",
  "127.0.0.1&target=10.77.0.2",
  "10.77.0.2&Target=127.0.0.1",
  "10.77.0.2&module=icmp&module=stamp",
  "10.77.0.2&hostname=127.0.0.1",
  "10.77.0.2&module=__proto__",
  "10.77.0.2&module=constructor",
  "fe80::1",
  "fe80::1%25lo",
  "fe80::1%25..",
  "fd77::2%25lo",
  "10.77.0.2%25lo",
];

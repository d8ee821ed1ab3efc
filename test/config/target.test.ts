import { parseTarget } from "../../src/config/target.ts";

test.each([
  ["10.0.0.1", { kind: "address", family: 4, address: "10.0.0.1" }],
  ["fd00::1", { kind: "address", family: 6, address: "fd00::1" }],
  ["fe80::1%eth0", { kind: "address", family: 6, address: "fe80::1", zone: "eth0" }],
  ["fe80::1%2", { kind: "address", family: 6, address: "fe80::1", zone: "2" }],
  ["default-gateway", { kind: "default-gateway" }],
  ["db", { kind: "name", name: "db" }],
  ["db.example.org.", { kind: "name", name: "db.example.org." }],
  ["my_container.net-1", { kind: "name", name: "my_container.net-1" }],
  ["3com.example", { kind: "name", name: "3com.example" }],
])("%s is a target", (text, target) => {
  expect(parseTarget(text)).toEqual(target);
});

test.each([
  ["", "it is empty"],
  ["10.0.0.300", "an IPv4 address has four numbers from 0 to 255"],
  ["10.1", "an IPv4 address has four numbers from 0 to 255"],
  ["http://x", "a target is no URL: write its host only"],
  ["10.0.0.1:80", "the port is a key of its own: write 10.0.0.1, and port: 80"],
  ["[fd00::1]:80", "the port is a key of its own: write fd00::1, and port: 80"],
  ["[fd00::1]", "write fd00::1 without brackets"],
  ["10.0.0.0/8", "a target is one machine, no network: write one address"],
  ["0.0.0.0", "a target is one machine, no broadcast, multicast or wildcard"],
  ["255.255.255.255", "a target is one machine, no broadcast, multicast or wildcard"],
  ["239.1.2.3", "a target is one machine, no broadcast, multicast or wildcard"],
  ["::", "a target is one machine, no broadcast, multicast or wildcard"],
  ["ff02::1%eth0", "a target is one machine, no broadcast, multicast or wildcard"],
  ["::ffff:10.0.0.1", "an IPv4 address mapped into IPv6 cannot be probed: write the IPv4 address"],
  ["fe80::1", "a link-local address needs its interface: write fe80::1%eth0 with yours for eth0"],
  ["fe80::1%an-interface-too-long", "behind % belongs the name or number of a network interface"],
  ["a b", "a host name has letters, digits, hyphens inside, underscores and dots"],
  ["-a.example", "a host name has letters, digits, hyphens inside, underscores and dots"],
  ["münchen.example", "a host name has letters, digits, hyphens inside, underscores and dots"],
  ["a..example", "a host name has no empty part between its dots"],
  [`${"a".repeat(64)}.example`, "a part of a host name has at most 63 characters"],
  [`${"a.".repeat(127)}example`, "a host name has at most 253 characters"],
])("%j is no target, and it says why", (text, problem) => {
  expect(parseTarget(text)).toEqual({ problem });
});

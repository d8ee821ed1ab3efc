import fc from "fast-check";
import type { ProbeModule } from "../../src/config/probe-endpoint.ts";
import { probeEndpointSchema } from "../../src/config/probe-endpoint-schema.ts";
import { readProbeQuery } from "../../src/probe-endpoint/query.ts";
import { parseRunTarget } from "../../src/probe-endpoint/target.ts";

const { modules } = probeEndpointSchema.parse({
  modules: {
    icmp: {},
    six: { ip_version: 6 },
    stamp: { protocol: "stamp" },
    tcp: { protocol: "tcp" },
    web: { protocol: "tcp", port: 443 },
  },
});
const module = (name: string) => modules[name] as ProbeModule;

test.each([
  ["icmp", "10.0.0.1", { host: { kind: "address", family: 4, address: "10.0.0.1" } }],
  ["stamp", "fd00::1", { host: { kind: "address", family: 6, address: "fd00::1" } }],
  ["icmp", "fe80::1%eth0", { host: { kind: "address", family: 6, address: "fe80::1", zone: "eth0" } }],
  ["icmp", "db.example.", { host: { kind: "name", name: "db.example." } }],
  ["tcp", "10.0.0.1:443", { host: { kind: "address", family: 4, address: "10.0.0.1" }, port: 443 }],
  ["tcp", "[fd00::1]:65535", { host: { kind: "address", family: 6, address: "fd00::1" }, port: 65_535 }],
  ["tcp", "db.example:1", { host: { kind: "name", name: "db.example" }, port: 1 }],
  ["web", "db.example", { host: { kind: "name", name: "db.example" } }],
])("%s takes %s", (name, text, target) => {
  expect(parseRunTarget(text, module(name))).toEqual(target);
});

test.each([
  ["tcp", "10.0.0.1", /HOST:PORT/],
  ["tcp", "10.0.0.1:0", /HOST:PORT/],
  ["tcp", "10.0.0.1:65536", /HOST:PORT/],
  ["tcp", "10.0.0.1:080", /HOST:PORT/],
  ["tcp", "fd00::1:443", /HOST:PORT/],
  ["tcp", "[10.0.0.1]:443", /HOST:PORT/],
  ["tcp", "[db.example]:443", /HOST:PORT/],
  ["web", "10.0.0.1:80", /the module has a port of its own/],
  ["icmp", "10.0.0.1:80", /an address or a host name/],
  ["icmp", "[fd00::1]", /an address or a host name/],
  ["icmp", "::ffff:10.0.0.1", /an address or a host name/],
  ["icmp", "0x7f000001", /an address or a host name/],
  ["icmp", "a.0x1.", /an address or a host name/],
  ["icmp", "default-gateway", /an address or a host name/],
  ["icmp", "fd00::1%eth0", /only a link-local address/],
  ["six", "10.0.0.1", /another IP version/],
])("%s refuses %s, and says so without repeating it", (name, text, problem) => {
  const refused = parseRunTarget(text, module(name)) as { problem: string };

  expect(refused.problem).toMatch(problem);
  expect(refused.problem).not.toContain(text);
});

test("whatever is asked, a query is a target of plain letters or one sentence that repeats nothing of it", () => {
  const piece = fc.constantFrom(
    "10.0.0.1",
    "::1",
    "%",
    "%2e",
    "0x",
    ".",
    ":",
    "[",
    "]",
    "@",
    "db",
    "1",
    "-",
    "\u0661",
    "%00",
  );
  const target = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(piece, { maxLength: 9 }).map((all) => all.join("")),
  );
  fc.assert(
    fc.property(target, fc.constantFrom("icmp", "six", "stamp", "tcp", "web"), (text, name) => {
      const query = readProbeQuery(`/probe?target=${text}`);
      if ("problem" in query) return;
      const found = parseRunTarget(query.target, module(name));
      if ("problem" in found) return;
      const { host } = found;
      expect(host.kind === "name" ? host.name : host.address).toMatch(/^[\w.:-]+$/);
      expect(found.port === undefined).toBe(name !== "tcp");
    }),
    { numRuns: 20_000, seed: 8 },
  );
});

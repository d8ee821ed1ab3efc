import fc from "fast-check";
import { clean, parseObject } from "../../../src/collectors/nsx/json.ts";
import { parseQosProfile, parseSecurityProfile } from "../../../src/collectors/nsx/limits.ts";
import { policyUrl } from "../../../src/collectors/nsx/manager.ts";
import {
  parseBinding,
  parseFloodProfile,
  parseNamed,
  parsePage,
  parsePolicyStatistics,
  parseRule,
} from "../../../src/collectors/nsx/parse.ts";
import { parseSegmentStatistics } from "../../../src/collectors/nsx/segment-statistics.ts";
import * as objects from "../../support/fake-nsx-objects.mjs";

test("a page is its objects, the cursor of the next one and how many there are", () => {
  expect(parsePage("x", { results: [1, {}], cursor: "0036", result_count: 700 })).toEqual({
    objects: [1, {}],
    cursor: "0036",
    total: 700,
  });
  expect(parsePage("x", { result_count: 0 })).toEqual({ objects: [], cursor: undefined, total: 0 });
  expect(() => parsePage("segments", { result_count: 3 })).toThrow(
    "segments: expected a list named results, found none",
  );
});

test("an object without a name is called by the last part of its path", () => {
  expect(parseNamed({ path: "/infra/segments/web" })).toEqual({ path: "/infra/segments/web", name: "web" });
  expect(parseNamed({ path: "/infra/segments/web", display_name: "" })?.name).toBe("web");
});

test.each([
  "infra/segments/a",
  "/infra/../a",
  "/infra/./a",
  "/infra//a",
  "/infra/a/",
  "/",
  "",
  "//evil.example.org/a",
  "/a\nb",
  7,
])("%j is no path to ask for", (path) => {
  expect(parseNamed({ path })).toBeUndefined();
});

test("nothing in a path changes what is asked", () => {
  expect(policyUrl("/infra/segments/a b?c#d%2e&e/statistics")).toBe(
    "/policy/api/v1/infra/segments/a%20b%3Fc%23d%252e%26e/statistics",
  );
});

test("a binding is of its parent, which its own path names too", () => {
  const binding = objects.securityBinding("web", "storm");
  const expected = { of: "/infra/segments/web", profile: "/infra/segment-security-profiles/storm" };

  expect(parseBinding(binding, "segment_security_profile_path")).toEqual(expected);
  expect(parseBinding({ ...binding, parent_path: undefined }, "segment_security_profile_path")).toEqual(expected);
  expect(parseBinding(binding, "qos_profile_path")).toEqual({ ...expected, profile: undefined });
});

test("a flood protection profile has the limits that it sets, and none where a member is missing", () => {
  const profile = objects.floodProfile("f", {
    udp_active_flow_limit: 5,
    nat_active_conn_limit: "6",
    other_active_conn_limit: null,
  });

  expect([...(parseFloodProfile(profile)?.limits ?? [])]).toEqual([
    ["udp", 5],
    ["nat", 6],
  ]);
});

test.each([
  ["drops", {}, { action: "drop", id: "7" }],
  ["rejects", { action: "REJECT", rule_id: 12 }, { action: "reject", id: "12" }],
])("a rule that %s is told with its policy and its id", (_, members, expected) => {
  expect(parseRule(objects.rule("app", "r", { rule_id: 7, ...members }))).toEqual({
    path: "/infra/domains/default/security-policies/app/rules/r",
    policy: "/infra/domains/default/security-policies/app",
    name: "r",
    ...expected,
  });
});

test.each([
  ["lets pass", objects.rule("app", "r", { action: "ALLOW" })],
  ["jumps", objects.rule("app", "r", { action: "JUMP_TO_APPLICATION" })],
  ["is switched off", objects.rule("app", "r", { disabled: true })],
  ["belongs to a gateway", objects.rule("app", "r", { path: "/infra/domains/default/gateway-policies/g/rules/r" })],
])("a rule that %s is another one", (_, rule) => {
  expect(parseRule(rule)).toBe("other");
});

test("an answer that is no object says what was found, on one line", () => {
  expect(() => parseObject("segments", "")).toThrow("segments: expected JSON, found nothing");
  expect(() => parseObject("segments", "a\r\nb\u0000")).toThrow("segments: expected JSON, found a??b?");
  expect(() => parseObject("segments", '"text"')).toThrow('segments: expected an object, found "text"');
});

const names = ["path", "parent_path", "display_name", "resource_type", "results", "rate_limits", "rx_broadcast"];
const others = [
  "shaper_configurations",
  "average_bandwidth",
  "enabled",
  "action",
  "rule_id",
  "statistics",
  "nsxt_swsec",
];
const anything = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, fc.jsonValue(), fc.array(tie("value"), { maxLength: 3 }), tie("object")),
  object: fc.dictionary(fc.constantFrom(...names, ...others, "__proto__", "packet_count", "cursor"), tie("value"), {
    maxKeys: 6,
  }),
}));

test("no answer whatever makes a parser throw, nor a number that is none", () => {
  fc.assert(
    fc.property(anything.object, (value) => {
      const object = value as Record<string, unknown>;
      const parsed = [
        parseNamed(object),
        parseRule(object),
        parseFloodProfile(object),
        parseBinding(object, "path"),
        parseSecurityProfile(object),
        parseQosProfile(object),
        parseSegmentStatistics(object),
        parsePolicyStatistics(object),
      ];
      JSON.stringify(parsed, (_, one) => {
        if (typeof one === "number") expect(one).toBeGreaterThanOrEqual(0);
        return one;
      });
    }),
    { numRuns: 300 },
  );
});

/** A real object with one member, somewhere in it, replaced. */
const spoiled = fc
  .tuple(
    fc.constantFrom<Record<string, unknown>>(
      objects.segment("a"),
      objects.securityProfile("p", { rx_broadcast: 5 }),
      objects.qosProfile("q", [{ resource_type: "EgressRateLimiter", enabled: true, average_bandwidth: 5 }]),
      objects.rule("app", "r", { rule_id: 7 }),
      objects.floodProfile("f", { icmp_active_flow_limit: 5 }),
      objects.policyStatistics({ a: 5 }),
      objects.segmentStatistics(),
    ),
    fc.nat(30),
    fc.oneof(fc.jsonValue(), fc.double(), fc.string({ unit: "binary" })),
  )
  .map(([object, at, value]) => {
    const key = Object.keys(object)[at % Object.keys(object).length] ?? "";
    return { ...object, [key]: value };
  });

test("a member of another kind costs no more than what it says", () => {
  fc.assert(
    fc.property(spoiled, (object) => {
      for (const limit of [
        ...(parseSecurityProfile(object)?.limits ?? []),
        ...(parseQosProfile(object)?.limits ?? []),
      ]) {
        for (const value of [limit.bytesPerSecond ?? 1, limit.packetsPerSecond ?? 1]) expect(value).toBeGreaterThan(0);
      }
      for (const { packets } of parseSegmentStatistics(object) ?? []) expect(packets).toBeGreaterThanOrEqual(0);
      for (const { packets } of parsePolicyStatistics(object) ?? []) expect(packets).toBeGreaterThanOrEqual(0);
      const rule = parseRule(object);
      if (rule !== undefined && rule !== "other") expect(rule.id).not.toBe("");
    }),
    { numRuns: 1000 },
  );
});

test("no name has a character that breaks a line, and none is endless", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 2000 }), (text) => {
      expect(clean(text)).toMatch(/^[^\p{Cc}\u2028\u2029]{0,256}$/u);
      expect(clean(text).isWellFormed()).toBe(true);
    }),
  );
});

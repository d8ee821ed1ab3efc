import { readProbeQuery } from "../../src/probe-endpoint/query.ts";

test("the module is icmp and there is no transcript unless it is asked for", () => {
  expect(readProbeQuery("/probe?target=10.0.0.1")).toEqual({ target: "10.0.0.1", module: "icmp", debug: false });
  expect(readProbeQuery("/probe?debug=true&module=web&target=db.example:443")).toEqual({
    target: "db.example:443",
    module: "web",
    debug: true,
  });
});

test("what stands behind a second question mark belongs to the value before it", () => {
  expect(readProbeQuery("/probe?target=a?b")).toMatchObject({ target: "a?b" });
});

test.each([
  ["/probe", "no target"],
  ["/probe?target=", "no target"],
  ["/probe?target=a&target=a", "a parameter is given twice"],
  ["/probe?target=a&%74arget=b", "a parameter is given twice"],
  ["/probe?target=a&hostname=b", "an unknown parameter"],
  ["/probe?target=a&Target=b", "an unknown parameter"],
  ["/probe?target=a&debug=yes", "debug is true or false"],
  ["/probe?target=a&__proto__=b", "an unknown parameter"],
])("%s is refused: %s", (url, problem) => {
  expect(readProbeQuery(url)).toEqual({ problem: expect.stringContaining(problem) });
});

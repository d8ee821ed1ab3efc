import type { ProbeModule } from "../../src/config/probe-endpoint.ts";
import { probeEndpointSchema } from "../../src/config/probe-endpoint-schema.ts";
import { budgetSeconds } from "../../src/probe-endpoint/budget.ts";

const { modules } = probeEndpointSchema.parse({ modules: { short: {}, long: { count: 2900, timeout: "2s" } } });
const module = (name: string) => modules[name] as ProbeModule;

test.each([
  ["10", 9.5],
  ["10.25", 9.75],
  ["0.6", 0.1],
  ["3600", 60],
])("a scrape timeout of %s s less half a second leaves %d s", (header, seconds) => {
  expect(budgetSeconds(header, 0.5, module("short"))).toBeCloseTo(seconds, 9);
});

test("without a scrape timeout a run has what its module needs and a little more, a minute at most", () => {
  expect(budgetSeconds(undefined, 0.5, module("short"))).toBe(100 / 50 + 1 + 5);
  expect(budgetSeconds(undefined, 0.5, module("long"))).toBe(60);
});

test.each(["0.5", "0.1"])("a scrape timeout of %s s leaves nothing", (header) => {
  expect(budgetSeconds(header, 0.5, module("short"))).toEqual({ problem: expect.stringContaining("leaves nothing") });
});

test.each(["", "0", "-1", "1e9", "NaN", "Infinity", "10s", "1, 2"])("%j is no scrape timeout", (header) => {
  expect(budgetSeconds(header, 0, module("short"))).toEqual({ problem: expect.stringContaining("number of seconds") });
});

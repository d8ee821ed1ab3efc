import { z } from "zod";
import { defaultThresholds, type ThresholdName, thresholdKey } from "../../src/analysis/thresholds.ts";
import { collectors } from "../../src/collectors/index.ts";
import { configSchema, createConfigSchema } from "../../src/config/schema.ts";

test("every collector and every threshold can be set, and nothing else", () => {
  const config = configSchema.parse({});

  expect(Object.keys(config.collectors)).toEqual(collectors.map(({ name }) => name));
  expect(config.thresholds).toEqual(defaultThresholds);
  const values = Object.fromEntries(
    Object.keys(defaultThresholds).map((name) => [thresholdKey(name as ThresholdName), 0.5]),
  );
  const halved = configSchema.parse({ thresholds: values }).thresholds;
  expect(new Set(Object.values(halved))).toEqual(new Set([0.5]));
});

test("a collector's own options are checked beside `enabled` and handed on without it", () => {
  const options = z.strictObject({ every: z.number().default(3).describe("Turns.") });
  const schema = createConfigSchema({ clock: options });

  expect(schema.parse({}).collectors).toEqual({ clock: { enabled: true, options: { every: 3 } } });
  expect(schema.parse({ collectors: { clock: { enabled: false, every: 4 } } }).collectors).toEqual({
    clock: { enabled: false, options: { every: 4 } },
  });
  expect(schema.parse({ collectors: { clock: false } }).collectors["clock"]).toMatchObject({ enabled: false });
  expect(schema.safeParse({ collectors: { clock: { evry: 4 } } }).success).toBe(false);
});

test("true turns on a collector that is off unless told", () => {
  const shy = z.strictObject({
    enabled: z.boolean().default(false).describe("Run."),
    every: z.number().default(3).describe("Turns."),
  });
  const schema = createConfigSchema({ shy });

  expect(schema.parse({}).collectors["shy"]).toEqual({ enabled: false, options: { every: 3 } });
  expect(schema.parse({ collectors: { shy: true } }).collectors["shy"]).toEqual({
    enabled: true,
    options: { every: 3 },
  });
});

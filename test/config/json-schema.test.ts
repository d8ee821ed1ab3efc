import { readFile } from "node:fs/promises";
import { renderConfigSchema } from "../../src/config/json-schema.ts";

test("the committed schema for editors is that of this version", async () => {
  expect(await readFile("docs/config.schema.json", "utf8")).toBe(renderConfigSchema());
});

test("every key of the schema is described", () => {
  const undescribed: string[] = [];
  const visit = (schema: Record<string, unknown>, path: string) => {
    const properties = (schema["properties"] ?? {}) as Record<string, Record<string, unknown>>;
    for (const [key, value] of Object.entries(properties)) {
      if (typeof value["description"] !== "string") undescribed.push(`${path}.${key}`);
      visit(value, `${path}.${key}`);
    }
    for (const branch of (schema["anyOf"] ?? []) as Record<string, unknown>[]) visit(branch, path);
    if (schema["items"]) visit(schema["items"] as Record<string, unknown>, `${path}[]`);
  };
  visit(JSON.parse(renderConfigSchema()), "");

  expect(undescribed).toEqual([]);
});

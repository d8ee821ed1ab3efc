import { z } from "zod";
import { configSchema } from "./schema.ts";

/** docs/config.schema.json: what editors complete and check while a configuration is written. */
export function renderConfigSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(configSchema, { io: "input" });
  const title = "Configuration of virtloss";
  return `${JSON.stringify({ $schema, title, ...schema }, null, 2)}\n`;
}

import { z } from "zod";
import { pathSchema } from "./path-schema.ts";

/** A label of file_sd and HTTP SD that sets a key of a path. */
export interface LabelKey {
  readonly key: string;
  /** Labels are texts; what the key wants tells how to read one. A text that does not fit stays one, for the schema to refuse. */
  read(text: string): unknown;
}

/** The part of JSON Schema that says what a key takes. */
interface KeySchema {
  readonly type?: string;
  readonly items?: KeySchema;
  readonly anyOf?: readonly KeySchema[];
  readonly properties?: Readonly<Record<string, KeySchema>>;
}

/** By label: `path` for the name, `__KEY__` for every other key of a path but its target. */
export const labelKeys: ReadonlyMap<string, LabelKey> = new Map(
  Object.entries((z.toJSONSchema(pathSchema, { io: "input" }) as KeySchema).properties ?? {})
    .filter(([key]) => key !== "target")
    .map(([key, schema]) => [key === "name" ? "path" : `__${key}__`, { key, read: readerOf(schema) }]),
);

/** The keys of a path that its labels set. @param labels only those that labelKeys has count */
export function keysOfLabels(labels: Readonly<Record<string, string>>): Record<string, unknown> {
  const keys = Object.entries(labels).flatMap(([label, text]) => {
    const known = labelKeys.get(label);
    return known ? [[known.key, known.read(text)]] : [];
  });
  return Object.fromEntries(keys);
}

function readerOf(schema: KeySchema): (text: string) => unknown {
  const choices = [schema, ...(schema.anyOf ?? [])];
  const list = choices.find(({ type }) => type === "array");
  if (list) {
    const readItem = readerOf(list.items ?? {});
    return (text) => text.split(",").map((item) => readItem(item.trim()));
  }
  const takes = (...types: string[]) => choices.some(({ type }) => type !== undefined && types.includes(type));
  return (text) => {
    if (takes("number", "integer") && /^\d+(\.\d+)?$/.test(text)) return Number(text);
    if (takes("boolean") && /^(true|false)$/.test(text)) return text === "true";
    return text;
  };
}

import { z } from "zod";
import { type ConfigIssue, describeFound, renderKey } from "./issues.ts";
import { suggest } from "./suggest.ts";
import type { YamlSource } from "./yaml.ts";

type Path = readonly PropertyKey[];
type ZodIssue = z.core.$ZodIssue;

/** The part of JSON Schema that suggestions read. */
interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  /** Of every key that is not among the properties; false: there may be none. */
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

/** Where the parts of a value stand in its source. */
export type Places = Pick<YamlSource, "valueAt" | "keyAt">;

/**
 * What a schema makes of a value, or all that is wrong with it. Never throws.
 * @param placeOf where a part of the value stands in the source, if not under its own path
 */
export function validate<S extends z.ZodType>(
  schema: S,
  value: unknown,
  source: Places,
  placeOf: (path: Path) => Path = (path) => path,
): { readonly value?: z.output<S>; readonly issues: readonly ConfigIssue[] } {
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data, issues: [] };
  return {
    issues: result.error.issues.flatMap((issue) =>
      issue.code === "unrecognized_keys"
        ? unknownKeys(issue, schema, source)
        : [wrongValue(issue, value, source, placeOf(issue.path))],
    ),
  };
}

function unknownKeys(issue: ZodIssue & { keys: string[] }, schema: z.ZodType, source: Places): ConfigIssue[] {
  const known = keysAt(z.toJSONSchema(schema, { io: "input" }) as JsonSchema, issue.path);
  return issue.keys.map((key) => {
    const path = [...issue.path, key];
    const suggestion = suggest(key, known) ?? `known keys are ${known.join(", ")}`;
    return { ...source.keyAt(path), key: renderKey(path), message: "unknown key", suggestion };
  });
}

function wrongValue(issue: ZodIssue, root: unknown, source: Places, place: Path): ConfigIssue {
  const key = renderKey(place);
  const found = valueAt(root, issue.path);
  const suggestion = suggestionFor(issue, found);
  return {
    ...source.valueAt(place),
    key,
    message: withFound(expectationOf(issue), found, key),
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

function withFound(expectation: string, found: unknown, key: string): string {
  if (!expectation.startsWith("expected")) return expectation;
  return found === undefined ? `is missing; ${expectation}` : `${expectation}, got ${describeFound(found, key)}`;
}

function expectationOf(issue: ZodIssue): string {
  // Our own texts come from the schema; zod's begin with a capital letter.
  if (/^[a-z]/.test(issue.message)) return issue.message;
  if (issue.code === "invalid_type") return `expected ${typeNames[issue.expected] ?? issue.expected}`;
  if (issue.code === "invalid_value")
    return `expected ${issue.values.map(String).join(", ")}`.replace(/, ([^,]*)$/, " or $1");
  return `expected another value (${issue.message})`;
}

const typeNames: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
  object: "a mapping of keys to values",
  string: "a text",
};

function suggestionFor(issue: ZodIssue, found: unknown): string | undefined {
  if (issue.code === "custom" && typeof issue.params?.["suggestion"] === "string") return issue.params["suggestion"];
  if (typeof found !== "string" || issue.code !== "invalid_value") return undefined;
  return suggest(found, issue.values.map(String));
}

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, step)
        ? (value as Record<PropertyKey, unknown>)[step]
        : undefined,
    root,
  );
}

function keysAt(schema: JsonSchema, path: Path): string[] {
  const [step, ...rest] = path;
  const branches = [schema, ...(schema.anyOf ?? [])];
  if (step === undefined) return branches.flatMap((branch) => Object.keys(branch.properties ?? {}));
  return branches.flatMap((branch) => {
    const next = typeof step === "number" ? branch.items : valueOfKey(branch, String(step));
    return next ? keysAt(next, rest) : [];
  });
}

function valueOfKey({ properties, additionalProperties }: JsonSchema, key: string): JsonSchema | undefined {
  const known = properties && Object.hasOwn(properties, key) ? properties[key] : undefined;
  return known ?? (typeof additionalProperties === "object" ? additionalProperties : undefined);
}

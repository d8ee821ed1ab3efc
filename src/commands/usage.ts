import { type ParseArgsConfig, parseArgs } from "node:util";

/** Exit codes of every command. */
export const EXIT = { fine: 0, finding: 1, usage: 2, cannotRun: 3 } as const;

/** The command line cannot be understood; the message says what was expected. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Something that this machine lacks or refuses; the message says what to do. */
export class CannotRunError extends Error {
  override readonly name = "CannotRunError";
}

/** node:util's parseArgs, with `--help` on every command and errors that name the command. @throws UsageError */
export function parseCommandLine<const T extends NonNullable<ParseArgsConfig["options"]>>(
  argv: readonly string[],
  options: T,
  positionals: { readonly min: number; readonly max: number; readonly what: string } = { min: 0, max: 0, what: "" },
) {
  const parsed = parse(argv, options);
  const { length } = parsed.positionals;
  const { help } = parsed.values as { readonly help?: boolean };
  if (!help && (length < positionals.min || length > positionals.max)) {
    const what = positionals.what === "" ? "no further argument" : positionals.what;
    throw new UsageError(
      `expected ${what}, got ${length === 0 ? "none" : JSON.stringify(parsed.positionals.join(" "))}`,
    );
  }
  return parsed;
}

function parse<const T extends NonNullable<ParseArgsConfig["options"]>>(argv: readonly string[], options: T) {
  try {
    return parseArgs({
      args: [...argv],
      options: { ...options, help: { type: "boolean", short: "h", default: false } as const },
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split(". ")[0] ?? "") : String(error));
  }
}

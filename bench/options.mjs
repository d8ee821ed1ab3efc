import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { program, SetupError } from "../packaging/ensure.mjs";

export const parts = ["cpu", "loss", "rtt", "memory", "scrape"];

export const help = `npm run bench -- [--quick] [--only PART,...] [--program FILE]

Measures the built program in network namespaces of its own, beside fping and ping in the same run. Needs root.

  --quick          shorter and fewer runs: all parts in a minute, with more noise
  --only PARTS     of ${parts.join(",")}
  --program FILE   another build's main.js, to compare two builds
`;

/**
 * @param {string[]} argv
 * @throws {SetupError} on arguments that are not in the help
 */
export function parseOptions(argv) {
  const { values } = parse(argv);
  const only = values.only?.split(",") ?? parts;
  const unknown = only.find((part) => !parts.includes(part));
  if (unknown !== undefined) throw new SetupError(`--only: expected ${parts.join(", ")}, found "${unknown}"`);
  return { help: values.help, quick: values.quick, only, program: resolve(values.program) };
}

/** @param {string[]} args */
function parse(args) {
  try {
    return parseArgs({
      args,
      options: {
        help: { type: "boolean", short: "h", default: false },
        quick: { type: "boolean", default: false },
        only: { type: "string" },
        program: { type: "string", default: program },
      },
    });
  } catch (error) {
    throw new SetupError(error.message);
  }
}

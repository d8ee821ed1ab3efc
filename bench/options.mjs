import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { program, SetupError } from "../packaging/ensure.mjs";

const parts = ["cpu", "growth", "loss", "rtt", "memory", "scrape", "libvirt", "kernel", "vmware"];
/** Only when it is asked for: ten minutes. */
const more = ["soak"];

export const help = `npm run bench -- [--quick] [--only PART,...] [--program FILE] [--json FILE] [--chart FILE]
npm run bench -- --from FILE [--chart FILE]

Measures the built program in network namespaces of its own, beside fping, smokeping_prober, ping and a C program in the
same run. Needs root.

  --quick          shorter and fewer runs: all parts in six minutes instead of 40, with more noise
  --only PARTS     of ${parts.join(",")}, and ${more.join(",")}, which takes ten minutes more
  --program FILE   another build's main.js, to compare two builds
  --json FILE      writes what was measured
  --chart FILE     draws it as SVG, for example docs/benchmarks.svg
  --from FILE      measures nothing: shows what an earlier run wrote with --json
`;

/**
 * @param {string[]} argv
 * @throws {SetupError} on arguments that are not in the help
 */
export function parseOptions(argv) {
  const { only: names, ...values } = parse(argv);
  const only = names?.split(",") ?? parts;
  const known = [...parts, ...more];
  const unknown = only.find((part) => !known.includes(part));
  if (unknown !== undefined) throw new SetupError(`--only: expected ${known.join(", ")}, found "${unknown}"`);
  const files = ["program", "json", "chart", "from"].filter((name) => values[name] !== undefined);
  return { ...values, only, ...Object.fromEntries(files.map((name) => [name, resolve(values[name])])) };
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
        json: { type: "string" },
        chart: { type: "string" },
        from: { type: "string" },
      },
    }).values;
  } catch (error) {
    throw new SetupError(error.message);
  }
}

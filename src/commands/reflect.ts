import { resolve } from "node:path";
import { formatNetwork } from "../config/cidr.ts";
import { realFiles } from "../config/files.ts";
import { ConfigError } from "../config/issues.ts";
import { readKeyFile } from "../config/key-file.ts";
import { type ReflectorConfig, reflectorSchema } from "../config/reflector-schema.ts";
import { CannotReflectError } from "../kernel/ffi/reflector-socket.ts";
import { type ReflectorCounts, rejections } from "../reflector/counts.ts";
import { type Reflector, type ReflectorOptions, startReflector } from "../reflector/reflector.ts";
import { stopSignal } from "./stop-signal.ts";
import { CannotRunError, EXIT, parseCommandLine, UsageError } from "./usage.ts";

const help = `virtloss reflect [--listen [ADDRESS]:862] [--allow CIDR]... [--key-file FILE]

Answers STAMP test packets (RFC 8762) until it is told to stop, so that the other end can tell in which direction packets
are lost. A reply is never larger than its request. Runs inside virtloss serve as well: section reflector.

  --listen [ADDR]:PORT  UDP address and port; without an address on all of this machine's (default :862)
  --allow CIDR          a network whose packets are answered; may be given often (default: loopback alone)
  --key-file FILE       answer authenticated packets only; one key a line in hexadecimal, such as openssl rand -hex 32
                        prints; any of them may be used
  --source-rate N       packets per second that one source may send (default 10000)
  --total-rate N        packets per second of all sources (default 100000)

Counts go to stderr every ten seconds. Exit: 0 stopped; 2 usage; 3 cannot run.
Example: virtloss reflect --allow 10.0.0.0/8 --allow fd00::/8
`;

const REPORT_MS = 10_000;

/** `virtloss reflect`: runs until it is told to stop. @returns the exit code */
export async function reflect(argv: readonly string[]): Promise<number> {
  const { values } = parseCommandLine(argv, {
    listen: { type: "string" },
    allow: { type: "string", multiple: true },
    "key-file": { type: "string" },
    "source-rate": { type: "string" },
    "total-rate": { type: "string" },
  });
  if (values.help) {
    process.stdout.write(help);
    return EXIT.fine;
  }
  const config = await readOrder(values);
  const stopped = stopSignal();
  const reflector = started(config);
  process.stdout.write(`${welcome(config, reflector)}\n`);
  const reporting = setInterval(() => process.stderr.write(`${countsLine(reflector.counts())}\n`), REPORT_MS);
  await stopped;
  clearInterval(reporting);
  await reflector.stop();
  process.stderr.write(`${countsLine(reflector.counts())}\n`);
  return EXIT.fine;
}

type Options = Readonly<
  Partial<Record<"listen" | "key-file" | "source-rate" | "total-rate", string> & { allow: readonly string[] }>
>;

/** The same checks, and the same words, as for the section of the configuration. @throws UsageError, ConfigError */
async function readOrder(options: Options): Promise<ReflectorConfig> {
  const written = {
    listen: options.listen,
    allow: options.allow,
    key_file: options["key-file"],
    source_rate: options["source-rate"] === undefined ? undefined : Number(options["source-rate"]),
    total_rate: options["total-rate"] === undefined ? undefined : Number(options["total-rate"]),
  };
  const checked = reflectorSchema.safeParse(
    Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined)),
  );
  if (!checked.success) {
    const problems = checked.error.issues.map((issue) => {
      const option = String(issue.path[0]).replace("_", "-");
      const given = option === "allow" ? options.allow?.[Number(issue.path[1])] : options[option as keyof Options];
      return `--${option}: ${issue.message}, got ${JSON.stringify(given)}`;
    });
    throw new UsageError(problems.join("\n"));
  }
  const { keyFile } = checked.data;
  if (keyFile === undefined) return checked.data;
  const { keys, issues } = await readKeyFile(resolve(keyFile), realFiles);
  if (issues.length > 0) throw new ConfigError(issues);
  return { ...checked.data, keys };
}

function started(options: ReflectorOptions): Reflector {
  try {
    return startReflector(options, (error) =>
      process.stderr.write(`the reflector's worker died and is started again: ${error.message}\n`),
    );
  } catch (error) {
    throw error instanceof CannotReflectError ? new CannotRunError(error.message) : error;
  }
}

function welcome({ allow, keys }: ReflectorConfig, { listens }: Reflector): string {
  const count = keys.length === 1 ? "1 key" : `${keys.length} keys`;
  const mode = keys.length === 0 ? "plain" : `authenticated with ${count}`;
  return `reflects STAMP on ${listens}, ${mode}, for ${allow.map(formatNetwork).join(" ") || "nobody"}`;
}

/** What was done so far, in one line. */
function countsLine(counts: ReflectorCounts): string {
  const refused = rejections.filter((reason) => counts.rejected[reason] > 0);
  const total = refused.reduce((sum, reason) => sum + counts.rejected[reason], 0);
  const reasons = refused.map((reason) => `${reason} ${counts.rejected[reason]}`).join(", ");
  return [
    `replies ${counts.replies} (stateless ${counts.statelessReplies})`,
    `sessions ${counts.sessions}`,
    `rejected ${total}${total > 0 ? ` (${reasons})` : ""}`,
    `dropped at our socket ${counts.socketDrops}`,
    `send errors ${counts.sendErrors}`,
  ].join(", ");
}

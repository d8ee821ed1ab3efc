import { performance } from "node:perf_hooks";
import { lossBounds } from "../analysis/bounds.ts";
import { defaultThresholds } from "../analysis/thresholds.ts";
import { type PathConfig, pathDefaults, type Size, sizeLabel } from "../config/path.ts";
import { pathSchema } from "../config/path-schema.ts";
import type { ProbeAddress } from "../prober/commands.ts";
import { createProbeEngine, type EngineSnapshot } from "../prober/engine.ts";
import { resolveOnce, UnresolvedError } from "../prober/resolve/once.ts";
import { sendRefusal } from "../prober/send-refusal.ts";
import { lossTally, STREAM, word } from "../prober/tally.ts";
import { type ProbeResult, probeResult } from "../report/probe-result.ts";
import { createProgress } from "../report/progress.ts";
import { lossSentence, probeText } from "../report/text.ts";
import { CannotRunError, EXIT, parseCommandLine, UsageError } from "./usage.ts";

const help = `virtloss probe TARGET [--count 1000] [--rate 50] [--size 64] [--timeout 1s] [--json]

Sends echo requests to TARGET (an address, a name or default-gateway) and says what was lost, with 95 % bounds.

  --count N        packets to send; under 1,000 the bounds are wide
  --rate N         packets per second, spaced with jitter
  --size N|random  bytes of IP payload, 28 to 65507, or random from 64 to 1400 for each packet
  --timeout T      a reply that takes longer is a loss, such as 500ms or 1s
  --receive-buffer BYTES  asked of the kernel for our socket (default 16 MiB)
  --json           one JSON document on stdout

Exit: 0 fine; 1 loss whose lower bound is above 0.1 %; 2 usage; 3 cannot run.
Example: virtloss probe 192.0.2.1 --count 10000 --rate 200 --size 1400
`;

const DEFAULTS = { count: 1000, rate: 50, size: 64, receiveBufferBytes: 16 << 20 };
/** RTTs are kept one by one for exact quantiles: 8 bytes each. */
const MAX_COUNT = 10_000_000;
const LOOK_MS = 100;

interface ProbeOrder {
  readonly path: PathConfig;
  readonly size: Size;
  readonly count: number;
  readonly receiveBufferBytes: number;
}

/** `virtloss probe`: one path, once, on the same engine as the exporter. @returns the exit code */
export async function probe(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommandLine(
    argv,
    {
      protocol: { type: "string", default: "icmp" },
      count: { type: "string", default: String(DEFAULTS.count) },
      rate: { type: "string", default: String(DEFAULTS.rate) },
      size: { type: "string", default: String(DEFAULTS.size) },
      timeout: { type: "string", default: pathDefaults.timeout },
      "receive-buffer": { type: "string", default: String(DEFAULTS.receiveBufferBytes) },
      json: { type: "boolean", default: false },
    },
    { min: 1, max: 1, what: "one target" },
  );
  if (values.help) {
    process.stdout.write(help);
    return EXIT.fine;
  }
  const order = readOrder(positionals[0] ?? "", values);
  const address = await resolveOnce(order.path.target, order.path.ipVersion).catch((error: unknown) => {
    throw error instanceof UnresolvedError ? new CannotRunError(error.message) : error;
  });
  const { result, refusal } = await run(order, address);
  process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : probeText(result));
  if (result.received + result.lost === 0) throw new CannotRunError(nothingSent(result, refusal));
  return (result.lossLower ?? 0) > defaultThresholds.lossRatio ? EXIT.finding : EXIT.fine;
}

type Options = Readonly<Record<"protocol" | "count" | "rate" | "size" | "timeout" | "receive-buffer", string>>;

/** The same checks, and the same words, as for a path of the configuration. @throws UsageError */
function readOrder(target: string, options: Options): ProbeOrder {
  const count = wholeNumber("--count", options.count, 1, MAX_COUNT);
  const receiveBufferBytes = wholeNumber("--receive-buffer", options["receive-buffer"], 1, 2 ** 30);
  const size = options.size === "random" ? "random" : Number(options.size);
  const checked = pathSchema.safeParse({
    scope: "external",
    target,
    protocols: [options.protocol],
    sizes: [size],
    rate: Number(options.rate),
    timeout: options.timeout,
  });
  if (!checked.success) {
    throw new UsageError(
      checked.error.issues
        .map((issue) => {
          const hint = issue.code === "custom" && issue.params?.["suggestion"];
          return `${optionOf(issue.path[0])}: ${issue.message}${hint ? `; ${hint}` : ""}`;
        })
        .join("\n"),
    );
  }
  return { path: checked.data, size: checked.data.sizes[0] ?? DEFAULTS.size, count, receiveBufferBytes };
}

function optionOf(key: PropertyKey | undefined): string {
  const options: Readonly<Record<PropertyKey, string>> = { sizes: "--size", protocols: "--protocol", target: "TARGET" };
  return options[key ?? ""] ?? `--${String(key)}`;
}

function wholeNumber(option: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new UsageError(`${option}: expected a whole number from ${min} to ${max}, got ${JSON.stringify(text)}`);
}

interface Outcome {
  readonly result: ProbeResult;
  /** Why the kernel refused to send, where it did. */
  readonly refusal: string;
}

/** Runs the engine until every attempt has its verdict. @throws CannotRunError where probing is not permitted */
function run(order: ProbeOrder, address: ProbeAddress): Promise<Outcome> {
  const { path, size, count, receiveBufferBytes } = order;
  const subject = { target: path.target, address: address.address, protocol: "icmp", size: sizeLabel(size) };
  const rttLog = new SharedArrayBuffer((count + 1) * 8);
  const progress = createProgress(process.stderr, () => performance.now());
  return new Promise((resolve, reject) => {
    const read = (snapshot: EngineSnapshot): Outcome => {
      const stream = snapshot.stream(slot);
      const result = probeResult(subject, stream, snapshot.engine, sortedRtts(rttLog));
      return { result, refusal: sendRefusal(stream) };
    };
    const finish = (settle: () => void) => {
      clearInterval(looking);
      progress.end();
      engine.stop().then(settle, reject);
    };
    const engine = createProbeEngine({
      receiveBufferBytes,
      onDenied: (_family, message) => finish(() => reject(new CannotRunError(message))),
      onWorkerDied: (error) => finish(() => reject(error)),
      onDone: () => {
        const outcome = read(engine.snapshot());
        finish(() => resolve(outcome));
      },
    });
    const slot = engine.add({
      address,
      sizes: [size],
      ratePerSecond: path.ratePerSecond,
      timeoutSeconds: path.timeoutSeconds,
      count,
      rttLog,
    });
    const looking = setInterval(() => {
      const stream = engine.snapshot().stream(slot);
      const tally = lossTally(stream);
      progress.update(word(stream, STREAM.sent) / count, lossSentence(tally.packets, tally.lost, lossBounds(tally)));
    }, LOOK_MS);
  });
}

function sortedRtts(log: SharedArrayBuffer): Float64Array {
  const values = new Float64Array(log);
  return Float64Array.from(values.subarray(1, 1 + (values[0] ?? 0))).sort();
}

function nothingSent(result: ProbeResult, refusal: string): string {
  return result.sendErrors > 0
    ? `the kernel refuses every packet to ${result.address} ${refusal}`
    : `no packet to ${result.address} could be judged: every one is void`;
}

import { performance } from "node:perf_hooks";
import { lossBounds } from "../analysis/bounds.ts";
import { defaultThresholds } from "../analysis/thresholds.ts";
import { type Protocol, sizeLabel, sizesOver } from "../config/path.ts";
import type { ProbeAddress } from "../prober/commands.ts";
import { createPacketRecord, packetLogOf } from "../prober/packet-record.ts";
import { streamOver } from "../prober/paths.ts";
import { resolveOnce, UnresolvedError } from "../prober/resolve/once.ts";
import { sendRefusal } from "../prober/send-refusal.ts";
import { lossTally, STREAM, word } from "../prober/tally.ts";
import { type ProbeResult, probeResult } from "../report/probe-result.ts";
import { createProgress } from "../report/progress.ts";
import { lossSentence, probeText } from "../report/text.ts";
import { startOneShotEngine } from "./one-shot-engine.ts";
import { type ProbeOrder, probeOptions, readOrder } from "./probe-order.ts";
import { interleaveTrains } from "./probe-trains.ts";
import { CannotRunError, EXIT, parseCommandLine } from "./usage.ts";

const help = `virtloss probe TARGET [--count 1000] [--rate 50] [--size 64] [--timeout 1s] [--json]

Probes TARGET (an address, a name or default-gateway) and says what was lost, with 95 % bounds, and in what pattern.

  --protocol P     icmp (echo, the default), stamp (needs a reflector there, see virtloss reflect; tells the direction
                   of loss), or tcp (SYN to --port; needs nothing there)
  --port N         of stamp (default 862) and tcp (required)
  --key-file FILE  authenticated stamp, with the reflector's key
  --count N        packets to send; under 1,000 the bounds are wide
  --rate N         packets per second, spaced with jitter
  --size N         bytes of IP payload, 28 to 65507; random: 64 to 1400; mtu: fills the path MTU; gso: stamp with
                   segmentation offload
  --timeout T      a reply that takes longer is a loss, such as 500ms or 1s; tcp: at most 800ms
  --source ADDR    source address         --interface NAME  interface to leave by
  --dscp N         0 to 63                --ttl N           1 to 255
  --df             don't fragment: the path MTU is found, and what is larger is told apart from loss
  --source-ports N stamp: UDP source ports to rotate over, 1 to 16
  --trains         after each 1,000 packets, ten trains of ten with a pause before each: loss that only long runs meet
                   is that of a machine out of CPU time. Needs --count 5000 or more
  --receive-buffer BYTES  asked of the kernel for our socket (default: by the rate)
  --json           one JSON document on stdout

Exit: 0 fine; 1 loss whose lower bound is above 0.1 %; 2 usage; 3 cannot run.
Example: virtloss probe 192.0.2.1 --count 10000 --rate 200 --size 1400
`;

const LOOK_MS = 100;

/** `virtloss probe`: one path, once, on the same engine as the exporter. @returns the exit code */
export async function probe(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommandLine(argv, probeOptions, { min: 1, max: 1, what: "one target" });
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

interface Outcome {
  readonly result: ProbeResult;
  /** Why the kernel refused to send, where it did. */
  readonly refusal: string;
}

/** Runs the engine until every attempt has its verdict. @throws CannotRunError where probing is not permitted */
async function run(
  { path, key, count, trains, receiveBufferBytes }: ProbeOrder,
  address: ProbeAddress,
): Promise<Outcome> {
  const protocol = path.protocols[0] as Protocol;
  const [size = 64] = sizesOver(path, protocol);
  const subject = { target: path.target, address: address.address, protocol, size: sizeLabel(size) };
  const record = createPacketRecord(count);
  const spec = { ...streamOver(path, protocol, key), address, count };
  const progress = createProgress(process.stderr, () => performance.now());
  const oneShot = startOneShotEngine(receiveBufferBytes);
  const { engine, ended, failed } = oneShot;
  const slot = engine.add({ ...spec, record });
  const looking = setInterval(() => {
    const stream = engine.snapshot().stream(slot);
    const tally = lossTally(stream);
    progress.update(word(stream, STREAM.sent) / count, lossSentence(tally.packets, tally.lost, lossBounds(tally)));
  }, LOOK_MS);
  try {
    const finished = trains ? interleaveTrains(oneShot, slot, spec, () => packetLogOf(record)) : ended(slot);
    const interleaved = await Promise.race([finished, failed]);
    const snapshot = engine.snapshot();
    const stream = snapshot.stream(slot);
    const result = probeResult(subject, stream, snapshot.engine, packetLogOf(record), interleaved ?? null);
    return { result, refusal: sendRefusal(stream) };
  } finally {
    clearInterval(looking);
    progress.end();
    await engine.stop();
  }
}

function nothingSent(result: ProbeResult, refusal: string): string {
  return result.sendErrors > 0
    ? `the kernel refuses every packet to ${result.address} ${refusal}`
    : `no packet to ${result.address} could be judged: every one is void`;
}

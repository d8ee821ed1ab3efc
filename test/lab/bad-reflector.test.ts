import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createWire, type Namespace, TARGET, type Wire } from "../support/lab.ts";
import { expectBooksToBalance, probe, startProbe } from "../support/probing.ts";
import { expectScrapeToBalance, startExporter } from "../support/serving-exporter.ts";

const PACKETS = 2000;
const run = ["--protocol", "stamp", "--count", String(PACKETS), "--rate", "1000"];

interface Counts {
  readonly requests: number;
  readonly replies: number;
  readonly garbage: number;
}

async function startBadReflector(where: Namespace, orders: object): Promise<{ end(): Promise<Counts> }> {
  const script = fileURLToPath(new URL("../support/bad-reflector.mjs", import.meta.url));
  const [file, args] = where.command(process.execPath, script, JSON.stringify(orders));
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return {
    async end() {
      const told = once(child.stdout, "data");
      child.stdin.end();
      return JSON.parse(String((await told)[0])) as Counts;
    },
  };
}

let wire: Wire;
beforeEach(async () => {
  wire = await createWire();
});
afterEach(async () => {
  await wire.remove();
});

test("replies that come three times are received once, and twice a duplicate", async () => {
  const reflector = await startBadReflector(wire.target, { copies: 3 });

  const result = await probe(wire.prober, TARGET, ...run);

  expect(await reflector.end()).toMatchObject({ requests: PACKETS, replies: 3 * PACKETS });
  expect(result).toMatchObject({ sent: PACKETS, received: PACKETS, lost: 0, void: 0 });
  // The run ends with the last verdict: copies of the very last reply may still be under way.
  expect(result.duplicates).toBeGreaterThan(2 * PACKETS - 10);
});

test("replies in pairs the wrong way round are reordered, and no direction loses anything", async () => {
  const reflector = await startBadReflector(wire.target, { swap: true });

  const result = await probe(wire.prober, TARGET, ...run);

  expect(await reflector.end()).toMatchObject({ requests: PACKETS });
  expect(result).toMatchObject({ received: PACKETS, lost: 0, reordered: PACKETS / 2 });
  expect(result.directions).toEqual({ forwardLost: 0, reverseLost: 0, unknownLost: 0 });
});

test("near misses, replays and replies from another port are counted as rejects, each once, and answer nothing", async () => {
  const reflector = await startBadReflector(wire.target, { garbage: true, otherPort: true, replays: true });
  const exporter = await startExporter(wire.prober, ["--config", await configOf(wire.prober)]);
  await exporter.until("three thousand packets", 20, (s) => s.sum("virtloss_probe_received_packets_total") >= 3000);

  const counts = await reflector.end();
  await sleep(1500);
  const scrape = await exporter.scrape();
  await exporter.stop();

  const received = scrape.sum("virtloss_probe_received_packets_total");
  const rejected = scrape.sum("virtloss_prober_rejected_packets_total");
  expect(received).toBe(counts.replies);
  // A replay of what is remembered is a duplicate; older ones are rejected.
  expect(rejected + scrape.sum("virtloss_probe_duplicate_packets_total")).toBe(counts.garbage);
  expect(scrape.sum("virtloss_prober_rejected_packets_total", { reason: "malformed" })).toBe(4 * counts.requests);
  expect(scrape.sum("virtloss_prober_restarts_total")).toBe(0);
  expectScrapeToBalance(scrape, "bad");
});

async function configOf(where: Namespace): Promise<string> {
  const file = `/tmp/${where.name}.yaml`;
  const path = `{name: bad, scope: external, target: ${TARGET}, protocols: [stamp], rate: 1000, sizes: [64]}`;
  await where.sh(`printf 'paths: [%s]\n' '${path}' > ${file}`);
  return file;
}

test("a reflector that dies and comes back: loss while it is away, and the books balance", async () => {
  const first = await startBadReflector(wire.target, {});
  const running = startProbe(wire.prober, TARGET, ...run, "--count", "3000");
  await sleep(1500);
  await first.end();
  await sleep(500);
  const second = await startBadReflector(wire.target, {});

  const result = await running.result;

  await second.end();
  expectBooksToBalance(result);
  expect(result.lost).toBeGreaterThan(100);
  expect(result.icmpErrors.port_unreachable).toBeGreaterThan(0);
  const { forwardLost = 0, reverseLost = 0, unknownLost = 0 } = result.directions ?? {};
  expect(forwardLost + reverseLost + unknownLost).toBe(result.lost);
  // It counts from 0 again: what was lost around that is of no known direction, and nothing else was lost.
  expect({ forwardLost, reverseLost }).toEqual({ forwardLost: 0, reverseLost: 0 });
});

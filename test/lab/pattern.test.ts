import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { createWire, inputRules, type Namespace, TARGET } from "../support/lab.ts";
import { startProbe } from "../support/probing.ts";

const run = ["--count", "6000", "--rate", "50"];

/** Drops echo requests for a quarter of a second in every five, until it is told to end. */
async function startHoles(where: Namespace): Promise<{ end(): Promise<void> }> {
  await where.nft(
    'table inet lab {\n set hole {\n type icmp_type;\n }\n chain input {\n type filter hook input priority 0; policy accept;\n icmp type @hole counter drop comment "hole"\n }\n}\n',
  );
  // One nft that reads commands: starting one for each edge would move them by tens of milliseconds.
  const [file, args] = where.command("nft", "-i");
  const nft = spawn(file, args, { stdio: ["pipe", "ignore", "inherit"] });
  const stopping = new AbortController();
  const holes = (async () => {
    const began = performance.now();
    for (let next = 1000; !stopping.signal.aborted; next += 5000) {
      await sleep(began + next - performance.now(), undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) break;
      nft.stdin.write("add element inet lab hole { echo-request }\n");
      await sleep(began + next + 250 - performance.now());
      nft.stdin.write("delete element inet lab hole { echo-request }\n");
    }
  })();
  return {
    async end() {
      stopping.abort();
      await holes;
      nft.stdin.end();
    },
  };
}

async function probeHoles() {
  const wire = await createWire();
  const holes = await startHoles(wire.target);
  try {
    const result = await startProbe(wire.prober, TARGET, ...run).result;
    return { result, dropped: await wire.target.counted("hole") };
  } finally {
    await holes.end();
    await wire.remove();
  }
}

async function probeRandom() {
  const wire = await createWire();
  try {
    await wire.target.nft(inputRules(`icmp type echo-request numgen random mod 100 == 0 counter drop comment "fault"`));
    const result = await startProbe(wire.prober, TARGET, ...run).result;
    return { result, dropped: await wire.target.counted("fault") };
  } finally {
    await wire.remove();
  }
}

test("a hole of 250 ms every 5 s is told from 1 % at random, over two minutes", async () => {
  const [holes, random] = await Promise.all([probeHoles(), probeRandom()]);

  expect(holes.result.lost).toBe(holes.dropped);
  expect(holes.result.pattern.lossPeriod.pValue).toBeLessThan(0.01);
  expect(holes.result.pattern.lossPeriod.periodSeconds).toBeCloseTo(5, 1);
  expect(holes.result.pattern.periodicBlackoutSeconds).toBeGreaterThan(0.15);
  expect(holes.result.pattern.periodicBlackoutSeconds).toBeLessThan(0.35);
  expect(holes.result.pattern.burstiness.pValue).toBeLessThan(0.01);
  expect(holes.result.longestBurst).toBeGreaterThan(5);

  expect(random.result.lost).toBe(random.dropped);
  expect(random.result.pattern.lossPeriod.pValue).toBeGreaterThan(0.001);
  expect(random.result.pattern.burstiness.pValue).toBeGreaterThan(0.001);
  expect(random.result.pattern.meanRunPackets).toBeLessThan(1.3);
}, 200_000);

import { fileURLToPath } from "node:url";
import { builtModule, createWire, TARGET, type Wire } from "../support/lab.ts";

let wire: Wire;
beforeEach(async () => {
  wire = await createWire();
});
afterEach(async () => {
  await wire.remove();
});

/** Runs a script of test/support against the built engine. @returns the JSON that it prints */
async function runScript(file: string, ...args: string[]): Promise<unknown> {
  const script = fileURLToPath(new URL(`../support/${file}`, import.meta.url));
  const { code, stdout, stderr } = await wire.prober.run(
    process.execPath,
    script,
    builtModule("src/prober/engine.js"),
    TARGET,
    ...args,
  );
  if (code !== 0) throw new Error(`${file}: exit ${code}\n${stderr}`);
  return JSON.parse(stdout);
}

interface Counts {
  readonly sent: number;
  readonly received: number;
  readonly lost: number;
  readonly void: number;
  readonly died: number;
}

test("a worker that dies is started again: no counter goes back, nothing is lost, no socket stays open", async () => {
  const told = (await runScript("dying-worker.mjs")) as {
    snapshots: number;
    unbalanced: number;
    backwards: string[];
    restarts: number;
    descriptors: number[];
    streams: Counts[];
  };

  expect(told).toMatchObject({ restarts: 3, unbalanced: 0, backwards: [] });
  expect(told.snapshots).toBeGreaterThan(500);
  for (const stream of told.streams) {
    expect(stream).toMatchObject({ lost: 0, duplicates: 0, inFlight: 0, void: stream.died });
    expect(stream.received + stream.void).toBe(stream.sent);
    // Some 3 s of probing at 1,000/s; of each death at most what one wake-up had sent.
    expect(stream.received).toBeGreaterThan(2000);
    expect(stream.void).toBeLessThan(300);
  }
  const [before, ...afterDeaths] = told.descriptors;
  expect(afterDeaths).toEqual([before, before, before]);
}, 40_000);

test("sockets that are closed under it: the worker ends, another one goes on, and the books balance", async () => {
  const told = (await runScript("dying-worker.mjs", "close sockets")) as {
    unbalanced: number;
    backwards: string[];
    restarts: number;
    streams: Counts[];
  };

  expect(told).toMatchObject({ restarts: 3, unbalanced: 0, backwards: [] });
  for (const stream of told.streams) {
    expect(stream).toMatchObject({ lost: 0, duplicates: 0, inFlight: 0 });
    expect(stream.received + stream.void).toBe(stream.sent);
    expect(stream.received).toBeGreaterThan(2000);
  }
}, 40_000);

test("two hundred streams that come and go disturb no other, and their slots begin at 0 for the next", async () => {
  const { rounds, steady, restarts } = (await runScript("crowd.mjs")) as {
    rounds: Record<string, number>[];
    steady: Counts;
    restarts: number;
  };

  expect(restarts).toBe(0);
  expect(steady).toEqual({ sent: 5000, received: 5000, lost: 0, void: 0, duplicates: 0 });
  expect(rounds).toHaveLength(3);
  for (const round of rounds) {
    expect(round).toMatchObject({ distinctSlots: 200, lost: 0, void: 0, duplicates: 0 });
    expect(round["mostAtFirst"]).toBeLessThanOrEqual(1);
    expect(round["leastSent"]).toBeGreaterThan(5);
    expect(round["received"]).toBeGreaterThan(2000);
    // Slot 0 is the engine's, slot 1 the steady stream's.
    expect(round["highestSlot"]).toBe(201);
  }
}, 40_000);

import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { builtModule, createNamespace, createWire, type Namespace, run, TARGET } from "../../support/lab.ts";
import { expectBooksToBalance, freeze, probe, startProbe } from "../../support/probing.ts";

const support = (file: string) => fileURLToPath(new URL(`../../support/${file}`, import.meta.url));

describe("a prober that is stopped", () => {
  test.each([400, 5000])("for %i ms at 1,000 packets/s loses nothing", async (milliseconds) => {
    const wire = await createWire();
    const { child, result } = startProbe(wire.prober, TARGET, "--count", "3000", "--rate", "1000");
    await sleep(1500);

    await freeze(child, milliseconds);

    const finished = await result;
    await wire.remove();
    expect(finished).toMatchObject({ sent: 3000, received: 3000, lost: 0, void: 0, late: 0 });
    expect(finished.prober.longestStallSeconds).toBeGreaterThan(milliseconds / 1000 - 0.1);
    expect(finished.prober.lateSends).toBeGreaterThan(milliseconds / 2);
    // Of 3,000 replies at most the few in flight can have an RTT that the stop could touch; stamps keep even those right.
    expect(finished.rttSeconds.max).toBeLessThan(0.1);
  });
});

describe("a responder of our own that holds replies back 500 ms", () => {
  let namespace: Namespace;
  beforeEach(async () => {
    namespace = await createNamespace("tun");
  });
  afterEach(async () => {
    await namespace.remove();
  });

  /** Echo over a tun device whose other end the test holds; stops the prober while replies are under way. */
  async function probeFrozen(...args: string[]) {
    const [file, all] = namespace.command(process.execPath, support("tun-responder.mjs"), "tun0");
    const responder = spawn(file, all, { stdio: ["pipe", "pipe", "inherit"] });
    await once(responder.stdout, "data");
    await namespace.sh("ip address add 10.99.0.1/24 dev tun0; ip link set tun0 up");
    responder.stdin.write('{"delayMs": 500}\n');

    const { child, result } = startProbe(namespace, "10.99.0.2", "--count", "2000", "--rate", "1000", ...args);
    await sleep(1500);
    await freeze(child, 1000);
    const finished = await result;

    const told = once(responder.stdout, "data");
    responder.stdin.end();
    const counts = JSON.parse(String((await told)[0])) as { requests: number; replies: number };
    return { finished, counts };
  }

  test("into a receive buffer that is too small while the prober is stopped: void, not lost", async () => {
    const { finished, counts } = await probeFrozen("--receive-buffer", "20000");

    expect(counts).toEqual({ requests: 2000, replies: 2000 });
    expect(finished).toMatchObject({ sent: 2000, lost: 0, exitCode: 0, prober: { valid: false } });
    expect(finished.void).toBeGreaterThan(100);
    expect(finished.prober.socketDrops).toBe(finished.void);
    expectBooksToBalance(finished);
  });

  test("into the usual one: all received", async () => {
    const { finished } = await probeFrozen();

    expect(finished).toMatchObject({ received: 2000, lost: 0, void: 0, prober: { valid: true, socketDrops: 0 } });
    // Node's timers may fire a millisecond early.
    expect(finished.rttSeconds.min).toBeGreaterThan(0.495);
  });
});

test("a main thread that is blocked half of the time changes neither loss nor RTT", async () => {
  const wire = await createWire();
  const [file, all] = wire.prober.command(
    process.execPath,
    support("blocked-main.mjs"),
    builtModule("src/prober/engine.js"),
    TARGET,
  );

  const { stdout, stderr } = await run(file, all);

  const quiet = await probe(wire.prober, TARGET, "--count", "3000", "--rate", "1000");
  await wire.remove();
  if (stdout === "") throw new Error(stderr);
  const blocked = JSON.parse(stdout) as {
    blockedRatio: number;
    sent: number;
    received: number;
    void: number;
    p99: number;
  };
  expect(blocked.blockedRatio).toBeGreaterThan(0.4);
  expect(blocked).toMatchObject({ sent: 3000, received: 3000, void: 0 });
  // Ten times the quiet run's figure is far above this machine's noise and far below the 200 ms that each block lasts.
  expect(blocked.p99).toBeLessThan(Math.max(10 * (quiet.rttSeconds.p99 ?? 0), 0.002));
});

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ProbeResult } from "../../src/report/probe-result.ts";
import {
  builtModule,
  createNamespace,
  createWire,
  inputRules,
  type Namespace,
  TARGET,
  TARGET6,
  type Wire,
} from "../support/lab.ts";
import { expectBooksToBalance, freeze, probe, startProbe } from "../support/probing.ts";

const support = (file: string) => fileURLToPath(new URL(`../support/${file}`, import.meta.url));
const OPEN = 7000;
const CLOSED = 7001;
const fast = ["--count", "2000", "--rate", "2500"];
const SYN = "tcp flags & (syn|ack) == syn";
const SOME = "numgen random mod 1000 < 12";

const overTcp = (port: number, ...more: string[]) => ["--protocol", "tcp", "--port", String(port), ...more];

/** Connections in whatever state, half-open ones included; without listeners. */
async function connections(where: Namespace): Promise<string[]> {
  return (await where.sh("ss -Htan state all")).split("\n").filter((line) => line !== "" && !line.startsWith("LISTEN"));
}

describe("a target with an open port and a closed one", () => {
  let wire: Wire;
  let accepting: ChildProcess;
  beforeAll(async () => {
    wire = await createWire();
    await wire.target.sh("sysctl -qw net.core.somaxconn=4096 net.ipv4.icmp_ratelimit=0");
  });
  beforeEach(async () => {
    await wire.target.sh("sysctl -qw net.ipv4.tcp_synack_retries=5");
    await wire.prober.sh('sysctl -qw net.ipv4.ip_local_port_range="10000 60999"');
    accepting = wire.target.spawn([process.execPath, support("accepting.mjs"), String(OPEN)]);
    await once(accepting.stdout as Readable, "data");
  });
  afterEach(async () => {
    accepting.kill();
    await once(accepting, "close");
    for (const { sh } of [wire.prober, wire.target]) await sh("nft flush ruleset");
  });
  afterAll(async () => {
    await wire.remove();
  });

  async function expectNothingToBeLeft() {
    expect(await connections(wire.prober)).toEqual([]);
    expect(await connections(wire.target)).toEqual([]);
  }

  test.each([
    ["IPv4", TARGET],
    ["IPv6", TARGET6],
  ])(
    "1.2 %% of the SYNs lost over %s, to an open and a closed port: as many as nftables dropped",
    async (_, address) => {
      await wire.target.nft(
        inputRules(
          `tcp dport ${OPEN} ${SYN} ${SOME} counter drop comment "open"`,
          `tcp dport ${CLOSED} ${SYN} ${SOME} counter drop comment "closed"`,
        ),
      );

      const [open, closed] = await Promise.all([
        probe(wire.prober, address, ...overTcp(OPEN, ...fast)),
        probe(wire.prober, address, ...overTcp(CLOSED, ...fast)),
      ]);

      expect([open.lost, closed.lost]).toEqual([
        await wire.target.counted("open"),
        await wire.target.counted("closed"),
      ]);
      for (const result of [open, closed]) {
        expect(result.lost).toBeGreaterThan(5);
        expect(result).toMatchObject({
          sent: 2000,
          void: 0,
          late: 0,
          size: "none",
          exitCode: 1,
          prober: { valid: true },
        });
        expectBooksToBalance(result);
      }
      expect(open.rttSeconds.p50).toBeLessThan(0.005);
      expect(closed.rttSeconds.p50).toBeNull();
      await expectNothingToBeLeft();
    },
  );

  test("1.2 % of the SYN-ACKs and of the resets lost: as many as nftables dropped", async () => {
    // A target that sends its SYN-ACK again would be dropped and counted again.
    await wire.target.sh("sysctl -qw net.ipv4.tcp_synack_retries=0");
    await wire.prober.nft(
      inputRules(
        `tcp sport ${OPEN} tcp flags & (syn|ack) == (syn|ack) ${SOME} counter drop comment "open"`,
        `tcp sport ${CLOSED} tcp flags & rst == rst ${SOME} counter drop comment "closed"`,
      ),
    );

    const [open, closed] = await Promise.all([
      probe(wire.prober, TARGET, ...overTcp(OPEN, ...fast)),
      probe(wire.prober, TARGET, ...overTcp(CLOSED, ...fast)),
    ]);

    expect([open.lost, closed.lost]).toEqual([await wire.prober.counted("open"), await wire.prober.counted("closed")]);
    for (const result of [open, closed]) {
      expect(result.lost).toBeGreaterThan(5);
      expectBooksToBalance(result);
    }
    await sleep(1100);
    await expectNothingToBeLeft();
  });

  test("a firewall that drops every SYN is 100 % loss, and no SYN is sent again", async () => {
    await wire.target.nft(inputRules(`${SYN} counter drop comment "syn"`));

    const result = await probe(wire.prober, TARGET, ...overTcp(OPEN, ...fast));

    expect(result).toMatchObject({ sent: 2000, received: 0, lost: 2000, void: 0, lossRatio: 1 });
    const again = (await wire.target.counted("syn")) - result.sent;
    // Only who is not run for so long comes too late to close a connection before its second has passed.
    if (result.prober.longestStallSeconds < 0.1) expect(again).toBe(0);
    await expectNothingToBeLeft();
  });

  test("a firewall's ICMP error is no answer of the target: lost, and counted by its kind", async () => {
    await wire.target.nft(
      inputRules(
        `tcp dport ${OPEN} ${SYN} reject with icmp port-unreachable`,
        `tcp dport ${CLOSED} ${SYN} reject with icmp admin-prohibited`,
      ),
    );
    const few = ["--count", "100", "--rate", "100"]; // no kernel sends more than some ICMP errors a second

    const results = await Promise.all(
      [OPEN, CLOSED].map((port) => probe(wire.prober, TARGET, ...overTcp(port, ...few))),
    );

    expect(results).toMatchObject([
      { lost: 100, void: 0, icmpErrors: { port_unreachable: 100 } },
      { lost: 100, void: 0, icmpErrors: { prohibited: 100 } },
    ]);
  });

  test("a prober that is stopped for two seconds hides no loss, although the kernel sends again what was lost", async () => {
    // A port is not used again so soon: its second SYN is a retransmission, which passes.
    await wire.target.nft(
      inputRules(
        `${SYN} tcp sport @seen counter accept comment "again"`,
        `${SYN} add @seen { tcp sport }`,
        `${SYN} numgen inc mod 3 == 0 counter drop comment "fault"`,
      ).replace("{\n", "{\n  set seen { type inet_service; flags dynamic,timeout; timeout 10s; }\n"),
    );
    const { child, result } = startProbe(wire.prober, TARGET, ...overTcp(OPEN, "--count", "600", "--rate", "500"));
    while ((await wire.target.counted("fault")) < 100) await sleep(20);

    await freeze(child, 2000);

    const finished = await result;
    expect(await wire.target.counted("again")).toBeGreaterThan(20);
    expect(finished.lost).toBe(await wire.target.counted("fault"));
    expect(finished).toMatchObject({ sent: 600, void: 0 });
    expect(finished.late).toBeGreaterThan(20);
    expect(finished.rttSeconds.max).toBeLessThan(0.1);
    expectBooksToBalance(finished);
  });

  test("a connection whose reset got lost costs the next one from its port nothing", async () => {
    await wire.prober.sh('sysctl -qw net.ipv4.ip_local_port_range="40000 40007"');
    await wire.target.nft(
      inputRules(`tcp flags & (rst|ack) == (rst|ack) numgen inc mod 2 == 0 counter drop comment "reset"`),
    );

    const result = await probe(wire.prober, TARGET, ...overTcp(OPEN, "--count", "60", "--rate", "30"));

    expect(await wire.target.counted("reset")).toBeGreaterThan(20);
    expect(result).toMatchObject({ sent: 60, received: 60, lost: 0, void: 0 });
  });

  test("with few descriptors what exceeds them is refused and void, and the rest is judged", async () => {
    await wire.target.nft(inputRules(`${SYN} drop`));

    const { stdout, stderr } = await wire.prober.run(
      "prlimit",
      "--nofile=256:256",
      process.execPath,
      builtModule("src/main.js"),
      ...["probe", TARGET, ...overTcp(OPEN, "--count", "1500", "--rate", "1000"), "--json"],
    );

    expect(stderr).toBe("");
    const result = JSON.parse(stdout) as ProbeResult;
    expect(result).toMatchObject({ sent: 1500, received: 0, prober: { valid: false } });
    expect(result.void).toBe(result.sendErrors);
    expect(result.void).toBeGreaterThan(500);
    expect(result.lost).toBeGreaterThan(150);
    expectBooksToBalance(result);
  });

  test("a worker that dies leaves no connection open", async () => {
    await wire.target.nft(inputRules(`${SYN} drop`));

    const { stdout, stderr } = await wire.prober.run(
      process.execPath,
      support("dying-connections.mjs"),
      builtModule("src/prober/engine.js"),
      TARGET,
    );

    expect(stderr).toBe("");
    const { before, inFlight, after, restarts } = JSON.parse(stdout) as Record<string, number>;
    expect(inFlight).toBeGreaterThan((before ?? 0) + 300);
    expect({ after, restarts }).toEqual({ after: before, restarts: 1 });
  });
});

describe("a responder of our own", () => {
  interface Delayed {
    readonly finished: ProbeResult;
    readonly counts: { readonly syns: number; readonly again: number; readonly resets: number };
    readonly left: readonly string[];
  }

  /** TCP over a tun device whose other end the test holds; stops the prober for `frozenMs` while answers are under way. */
  async function probeDelayed(answer: "accept" | "reset", delayMs: number, frozenMs: number): Promise<Delayed> {
    const namespace = await createNamespace("tun");
    const [file, all] = namespace.command(process.execPath, support("syn-responder.mjs"), "tun0");
    const responder = spawn(file, all, { stdio: ["pipe", "pipe", "inherit"] });
    await once(responder.stdout, "data");
    await namespace.sh("ip address add 10.99.0.1/24 dev tun0; ip link set tun0 up");
    responder.stdin.write(`${JSON.stringify({ answer, delayMs })}\n`);

    const first = once(responder.stdout, "data");
    const { child, result } = startProbe(namespace, "10.99.0.2", ...overTcp(OPEN, "--count", "500", "--rate", "400"));
    await first;
    await sleep(700);
    if (frozenMs > 0) await freeze(child, frozenMs);
    const finished = await result;

    const left = await connections(namespace);
    const told = once(responder.stdout, "data");
    responder.stdin.end();
    const counts = JSON.parse(String((await told)[0]));
    responder.kill("SIGKILL"); // its thread waits for another packet
    await once(responder, "close");
    await namespace.remove();
    return { finished, counts, left };
  }

  let slow: Delayed;
  let frozen: { readonly early: Delayed; readonly late: Delayed; readonly reset: Delayed };
  beforeAll(async () => {
    const [running, early, late, reset] = await Promise.all([
      probeDelayed("accept", 900, 0),
      probeDelayed("accept", 500, 1500),
      probeDelayed("accept", 900, 1500),
      probeDelayed("reset", 500, 1500),
    ]);
    slow = running;
    frozen = { early, late, reset };
  });

  test("that answers after 900 ms: all lost, nothing left", () => {
    expect(slow.finished).toMatchObject({ sent: 500, received: 0, lost: 500, void: 0 });
    expect(slow.left).toEqual([]);
  });

  test("that accepts after 500 ms while the prober is stopped: all received, with the kernel's RTT", () => {
    const { finished, counts } = frozen.early;

    expect(counts).toEqual({ syns: 500, again: 0, resets: 500 });
    expect(finished).toMatchObject({ received: 500, lost: 0, void: 0, prober: { timestamps: "kernel" } });
    expect(finished.rttSeconds.min).toBeGreaterThan(0.495);
    expect(finished.rttSeconds.max).toBeLessThan(0.75);
  });

  test("that accepts after 900 ms while the prober is stopped: all lost, some seen to be late", () => {
    const { finished } = frozen.late;

    expect(finished).toMatchObject({ sent: 500, received: 0, lost: 500, void: 0 });
    expect(finished.late).toBeGreaterThan(100);
  });

  test("that resets after 500 ms while the prober is stopped: void where nobody knows when, nothing lost", () => {
    const { finished, counts } = frozen.reset;

    expect(counts).toMatchObject({ syns: 500, again: 0 });
    expect(finished).toMatchObject({ lost: 0, prober: { timestamps: "none" } });
    expect(finished.void).toBeGreaterThan(100);
    expectBooksToBalance(finished);
  });
});

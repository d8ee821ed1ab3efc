import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProbeResult } from "../../src/report/probe-result.ts";
import { createWire, inputRules, TARGET, TARGET6, type Wire } from "../support/lab.ts";
import { expectBooksToBalance, probe, startProbe } from "../support/probing.ts";
import { type Reflecting, startReflect } from "../support/reflecting.ts";
import { KEY } from "../support/stamp.ts";

const ALLOW = ["--allow", "10.77.0.0/24", "--allow", "fd77::/64"];
const keyFile = join(tmpdir(), `virtloss-stamp-${process.pid}.key`);
const stamp = ["--protocol", "stamp"];
const fast = [...stamp, "--count", "10000", "--rate", "5000"];

let wire: Wire;
beforeAll(async () => {
  await writeFile(keyFile, `${KEY}\n`);
  wire = await createWire();
});
const reflectors: Reflecting[] = [];
afterEach(async () => {
  await Promise.all(reflectors.splice(0).map((reflector) => reflector.stop()));
  await Promise.all([wire.prober, wire.target].map(({ sh }) => sh("nft flush ruleset")));
});
afterAll(async () => {
  await wire.remove();
});

async function reflect(...options: readonly string[]): Promise<Reflecting> {
  const reflecting = await startReflect(wire.target, [...ALLOW, ...options]);
  reflectors.push(reflecting);
  return reflecting;
}

function directions({ directions: told }: ProbeResult) {
  if (!told) throw new Error("STAMP tells directions");
  return told;
}

/** A run on a wire of its own that drops 1 % in one direction. @returns what it tells, and how many nftables dropped */
async function probeLosing(
  what: "requests" | "replies",
  address: string,
  reflectOptions: readonly string[],
  probeOptions: readonly string[],
): Promise<{ result: ProbeResult; dropped: number }> {
  const own = await createWire();
  const reflector = await startReflect(own.target, [...ALLOW, ...reflectOptions]);
  try {
    const [where, port] = what === "requests" ? [own.target, "dport"] : [own.prober, "sport"];
    await where.nft(inputRules(`udp ${port} 862 numgen random mod 100 == 0 counter drop comment "fault"`));
    const result = await probe(own.prober, address, ...fast, ...probeOptions);
    return { result, dropped: await where.counted("fault") };
  } finally {
    await reflector.stop();
    await own.remove();
  }
}

test.each([
  ["plain, IPv4", TARGET, [], [], 1],
  ["plain, IPv6", TARGET6, [], [], 1],
  ["authenticated, IPv4", TARGET, ["--key-file", keyFile], ["--key-file", keyFile], 1],
  ["plain, eight source ports", TARGET, [], ["--source-ports", "8"], 1],
  // A veth pair hands a train over in one piece: nftables counts it as one packet.
  ["plain, trains by segmentation offload", TARGET, [], ["--size", "gso"], 8],
] as const)("%s: 1 %% of the requests dropped is lost forward, of the replies on the way back", async (...mode) => {
  const [, address, reflectOptions, probeOptions, train] = mode;

  const [there, back] = await Promise.all([
    probeLosing("requests", address, reflectOptions, probeOptions),
    probeLosing("replies", address, reflectOptions, probeOptions),
  ]);

  expect(there.result.lost).toBe(train * there.dropped);
  expect(back.result.lost).toBe(back.dropped);
  // Only what is lost at a session's end, or around the number that it leaves out, has no direction.
  expect(directions(there.result).reverseLost).toBe(0);
  expect(directions(back.result).forwardLost).toBe(0);
  for (const { result } of [there, back]) {
    const { forwardLost, reverseLost, unknownLost } = directions(result);
    expect(forwardLost + reverseLost + unknownLost).toBe(result.lost);
    expect(unknownLost).toBeLessThan(10);
    expect(result).toMatchObject({ void: 0, prober: { valid: true, timestamps: "kernel" } });
    expectBooksToBalance(result);
  }
});

test("losses of both directions at once are told apart", async () => {
  await reflect();
  await wire.target.nft(inputRules(`udp dport 862 numgen random mod 100 < 2 counter drop comment "there"`));
  await wire.prober.nft(inputRules(`udp sport 862 numgen random mod 100 < 1 counter drop comment "back"`));

  const result = await probe(wire.prober, TARGET, ...fast);

  const [there, back] = await Promise.all([wire.target.counted("there"), wire.prober.counted("back")]);
  const { forwardLost, reverseLost, unknownLost } = directions(result);
  expect(result.lost).toBe(there + back);
  expect(forwardLost + reverseLost + unknownLost).toBe(there + back);
  expect(unknownLost).toBeLessThan(10);
  expect(Math.abs(forwardLost - there)).toBeLessThanOrEqual(unknownLost);
  expect(Math.abs(reverseLost - back)).toBeLessThanOrEqual(unknownLost);
});

test("packets that the kernel refuses take no number: the directions of the others stay known", async () => {
  await reflect();
  await wire.target.nft(inputRules(`udp dport 862 numgen random mod 100 < 2 counter drop comment "fault"`));
  await wire.prober.nft(
    `table inet own {\n chain output {\n type filter hook output priority 0; policy accept;\n udp dport 862 numgen inc mod 500 < 20 counter drop comment "refused"\n }\n}\n`,
  );

  const result = await probe(wire.prober, TARGET, ...fast);

  expect(result.sendErrors).toBeGreaterThan(50);
  expect(result.void).toBe(result.sendErrors);
  expect(result.lost).toBe(await wire.target.counted("fault"));
  expect(directions(result)).toMatchObject({ reverseLost: 0 });
  expect(directions(result).forwardLost + directions(result).unknownLost).toBe(result.lost);
  expect(directions(result).unknownLost).toBeLessThan(10);
});

test("a reflector that restarts makes one gap unknown, and no more", async () => {
  const first = await reflect();
  await wire.target.nft(inputRules(`udp dport 862 numgen inc mod 50 == 0 counter drop comment "fault"`));
  const running = startProbe(wire.prober, TARGET, ...stamp, "--count", "6000", "--rate", "1000");
  await new Promise((resolve) => setTimeout(resolve, 2000));
  await first.stop();
  reflectors.splice(0);
  await reflect();

  const result = await running.result;

  const dropped = await wire.target.counted("fault");
  expect(result.lost).toBeGreaterThan(dropped); // by what came to the port while nobody listened
  const { forwardLost, reverseLost, unknownLost } = directions(result);
  expect(forwardLost + reverseLost + unknownLost).toBe(result.lost);
  expect(reverseLost).toBe(0);
  // Every fiftieth packet was dropped, in the gap as well: of the others one at most beside it is unknown.
  expect(forwardLost).toBeGreaterThanOrEqual(Math.floor((6000 - unknownLost) / 50) - 2);
});

test("a port without reflector is total loss, and the target says why", async () => {
  const result = await probe(wire.prober, TARGET, ...stamp, "--count", "40", "--rate", "20");

  expect(result).toMatchObject({ lost: 40, received: 0 });
  expect(result.icmpErrors.port_unreachable).toBeGreaterThan(0);
  expect(directions(result)).toEqual({ forwardLost: 0, reverseLost: 0, unknownLost: 40 });
});

test("a wrong key gets no answer", async () => {
  const reflector = await reflect("--key-file", keyFile);
  const other = `${keyFile}.other`;
  await writeFile(other, `${"cd".repeat(32)}\n`);

  const result = await probe(wire.prober, TARGET, ...stamp, "--key-file", other, "--count", "50", "--rate", "500");

  expect(result).toMatchObject({ lost: 50, received: 0 });
  expect((await reflector.stop()).counts).toMatchObject({ replies: 0, rejected: 50 });
});

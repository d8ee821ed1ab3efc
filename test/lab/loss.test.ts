import { createWire, inputRules, TARGET, TARGET6, type Wire } from "../support/lab.ts";
import { expectBooksToBalance, probe } from "../support/probing.ts";

let wire: Wire;
beforeEach(async () => {
  wire = await createWire();
});
afterEach(async () => {
  await wire.remove();
});

const fast = ["--count", "10000", "--rate", "5000"];

describe.each([
  ["IPv4", TARGET, "icmp type"],
  ["IPv6", TARGET6, "icmpv6 type"],
])("over %s", (_, address, match) => {
  test("1.2 % lost on the way there: as many as nftables dropped", async () => {
    await wire.target.nft(inputRules(`${match} echo-request numgen random mod 1000 < 12 counter drop comment "fault"`));

    const result = await probe(wire.prober, address, ...fast);

    expect(result.lost).toBe(await wire.target.counted("fault"));
    expect(result.lost).toBeGreaterThan(50);
    expect(result).toMatchObject({ sent: 10_000, void: 0, exitCode: 1, prober: { valid: true, timestamps: "kernel" } });
    expectBooksToBalance(result);
  });

  test("0.7 % lost on the way back: as many as nftables dropped", async () => {
    await wire.prober.nft(inputRules(`${match} echo-reply numgen random mod 1000 < 7 counter drop comment "fault"`));

    const result = await probe(wire.prober, address, ...fast);

    expect(result.lost).toBe(await wire.prober.counted("fault"));
    expect(result.lost).toBeGreaterThan(20);
    expectBooksToBalance(result);
  });
});

test("every fiftieth packet lost is 2 % exactly, in runs of one", async () => {
  await wire.target.nft(inputRules(`icmp type echo-request numgen inc mod 50 == 0 counter drop comment "fault"`));

  const result = await probe(wire.prober, TARGET, "--count", "5000", "--rate", "5000");

  expect(result).toMatchObject({ lost: 100, lossRatio: 0.02, bursts: 100, longestBurst: 1 });
});

test("without a fault nothing is lost and the exit is 0", async () => {
  const result = await probe(wire.prober, TARGET, "--count", "5000", "--rate", "5000", "--size", "random");

  expect(result).toMatchObject({ sent: 5000, received: 5000, lost: 0, void: 0, exitCode: 0 });
});

test("what the queue of our own interface drops is lost: the service's packets would be too", async () => {
  await wire.prober.sh("tc qdisc add dev v0 root tbf rate 400kbit burst 3000 limit 3000");

  const result = await probe(wire.prober, TARGET, "--count", "2000", "--rate", "1000", "--size", "512");

  const [qdisc] = JSON.parse(await wire.prober.sh("tc -s -j qdisc show dev v0")) as { drops: number }[];
  expect(result.lost).toBe(qdisc?.drops);
  expect(result.lost).toBeGreaterThan(200);
  expectBooksToBalance(result);
});

test("a size that does not pass is lost, the others are not", async () => {
  await wire.target.nft(inputRules(`icmp type echo-request meta length > 1000 counter drop comment "large"`));

  const [small, large] = [
    await probe(wire.prober, TARGET, "--count", "200", "--rate", "1000", "--size", "512"),
    await probe(wire.prober, TARGET, "--count", "200", "--rate", "1000", "--size", "1400"),
  ];

  expect(small).toMatchObject({ lost: 0, received: 200 });
  expect(large).toMatchObject({ lost: 200, received: 0, bursts: 1, longestBurst: 200, rttSeconds: { p50: null } });
});

test("somebody else's ping flood changes nothing", async () => {
  const flood = wire.prober.spawn(["ping", "-f", "-c", "20000", "-q", TARGET]);

  const result = await probe(wire.prober, TARGET, "--count", "3000", "--rate", "2000");

  flood.kill("SIGINT");
  expect(result).toMatchObject({
    sent: 3000,
    received: 3000,
    lost: 0,
    void: 0,
    duplicates: 0,
    prober: { socketDrops: 0 },
  });
});

test("the largest packet there is comes back whole", async () => {
  const result = await probe(wire.prober, TARGET, "--count", "50", "--rate", "100", "--size", "65507");

  expect(result).toMatchObject({ received: 50, lost: 0, size: "65507" });
});

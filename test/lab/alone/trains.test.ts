import { createNamespace, createWire, inputRules, TARGET } from "../../support/lab.ts";
import { probe } from "../../support/probing.ts";
import { RESPONDER, startResponder } from "../../support/responder.ts";
import { createCpuGroup } from "../../support/starving.ts";

const trains = ["--count", "6000", "--rate", "1000", "--timeout", "500ms", "--trains"];

/** The target answers as long as its CPU quota lasts, which trains after a pause do not use up. */
async function probeStarved() {
  const namespace = await createNamespace("starved");
  const group = createCpuGroup("trains");
  const responder = await startResponder(namespace, {}, group.prefix);
  try {
    group.limit(4);
    const result = await probe(namespace, RESPONDER, ...trains);
    return { result, throttled: group.timesThrottled() };
  } finally {
    await responder.end();
    group.remove();
    await namespace.remove();
  }
}

async function probeRandomLoss() {
  const wire = await createWire();
  try {
    await wire.target.nft(inputRules(`icmp type echo-request numgen random mod 100 < 5 counter drop comment "fault"`));
    const result = await probe(wire.prober, TARGET, ...trains);
    return { result, dropped: await wire.target.counted("fault") };
  } finally {
    await wire.remove();
  }
}

test("a target out of CPU time fares worse in long runs than in trains after a pause; random loss does not", async () => {
  const [starved, random] = await Promise.all([probeStarved(), probeRandomLoss()]);

  expect(starved.throttled).toBeGreaterThan(10);
  expect(starved.result.trains?.delay.pValue ?? 1).toBeLessThan(0.01);
  expect(starved.result.trains?.delay.runRatio ?? 0).toBeGreaterThan(
    3 * (starved.result.trains?.delay.trainRatio ?? 1),
  );
  expect(starved.result.trains?.caution).toMatch(/exclude a rate limiter first/);

  expect(random.result.sent).toBe(6000);
  // The trains are packets beside the run's: 50 of 10, of which nftables dropped some as well.
  expect(random.dropped).toBeGreaterThanOrEqual(random.result.lost);
  expect(random.dropped - random.result.lost).toBeLessThan(60);
  expect(random.result.trains?.loss.runRatio).toBeCloseTo(0.05, 1);
  expect(random.result.trains?.loss.pValue ?? 1).toBeGreaterThan(0.001);
}, 120_000);

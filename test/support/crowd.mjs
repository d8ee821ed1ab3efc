// One stream runs while 200 others come and go three times. Prints the counts of all, as JSON.
import { setTimeout as sleep } from "node:timers/promises";

const [engineModule, address] = process.argv.slice(2);
const { createProbeEngine } = await import(engineModule);
const { STREAM, lostPackets, voidPackets } = await import(new URL("./tally.js", `file://${engineModule}`).href);

const CROWD = 200;
const TIMES = 3;
const STEADY = 5000;
const spec = { address: { family: 4, address, zoneIndex: 0 }, sizes: [64], timeoutSeconds: 1 };

let finish;
const done = new Promise((resolve) => {
  finish = resolve;
});
const engine = createProbeEngine({
  receiveBufferBytes: 16 << 20,
  onDone: (slot) => {
    if (slot === steady) finish();
  },
});
const steady = engine.add({ ...spec, ratePerSecond: 1000, count: STEADY });

const counts = (slot) => {
  const tally = engine.snapshot().stream(slot);
  return {
    sent: tally[STREAM.sent],
    received: tally[STREAM.received],
    lost: lostPackets(tally),
    void: voidPackets(tally),
    duplicates: tally[STREAM.duplicates],
  };
};
const total = (all, name) => all.reduce((sum, one) => sum + one[name], 0);
const rounds = [];
for (let time = 0; time < TIMES; time++) {
  const begun = performance.now();
  const slots = Array.from({ length: CROWD }, () => engine.add({ ...spec, ratePerSecond: 20 }));
  const first = slots.map(counts);
  const firstAfterSeconds = (performance.now() - begun) / 1000;
  await sleep(1000);
  const last = slots.map(counts);
  rounds.push({
    highestSlot: Math.max(...slots),
    distinctSlots: new Set(slots).size,
    // Each sends at most one packet in half an interval of 50 ms.
    mostAtFirst: Math.max(...first.map(({ sent }) => sent)) - Math.ceil(firstAfterSeconds / 0.025),
    leastSent: Math.min(...last.map(({ sent }) => sent)),
    lost: total(last, "lost"),
    void: total(last, "void"),
    duplicates: total(last, "duplicates"),
    received: total(last, "received"),
  });
  for (const slot of slots) engine.remove(slot);
  await sleep(200);
}
await done;
process.stdout.write(JSON.stringify({ rounds, steady: counts(steady), restarts: engine.restarts }));
await engine.stop();

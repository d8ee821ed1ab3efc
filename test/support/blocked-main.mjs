// Probes with the built engine while this, the main thread, is busy 200 ms of every 400. Prints the counts as JSON.
const [engineModule, address] = process.argv.slice(2);
const { createProbeEngine } = await import(engineModule);
const { STREAM, voidPackets } = await import(new URL("./tally.js", `file://${engineModule}`).href);
const { createPacketRecord, packetLogOf } = await import(new URL("./packet-record.js", `file://${engineModule}`).href);

const COUNT = 3000;
const BLOCK_MS = 200;
const record = createPacketRecord(COUNT);
const started = performance.now();
let blockedMs = 0;

const done = new Promise((resolve, reject) => {
  const engine = createProbeEngine({
    receiveBufferBytes: 16 << 20,
    onDone: (slot) => resolve({ engine, slot }),
    onDenied: (message) => reject(new Error(message)),
    onWorkerDied: reject,
  });
  engine.add({
    address: { family: 4, address, zoneIndex: 0 },
    sizes: [64],
    ratePerSecond: 1000,
    timeoutSeconds: 1,
    count: COUNT,
    record,
  });
});

const blocking = setInterval(() => {
  const from = performance.now();
  while (performance.now() - from < BLOCK_MS);
  blockedMs += performance.now() - from;
}, 2 * BLOCK_MS);

const { engine, slot } = await done;
clearInterval(blocking);
const tally = engine.snapshot().stream(slot);
const { count, rttSeconds } = packetLogOf(record);
const rtts = rttSeconds
  .slice(0, count)
  .filter((rtt) => !Number.isNaN(rtt))
  .sort();
process.stdout.write(
  JSON.stringify({
    blockedRatio: blockedMs / (performance.now() - started),
    sent: tally[STREAM.sent],
    received: tally[STREAM.received],
    void: voidPackets(tally),
    p99: rtts[Math.floor(rtts.length * 0.99)],
  }),
);
await engine.stop();

// Ends the built engine's worker three times in the middle of a run, or closes its sockets under it. Prints what its snapshots
// told, as JSON.
import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";

const [engineModule, address, how = "terminate"] = process.argv.slice(2);
const beside = (file) => new URL(file, `file://${engineModule}`);
const { createProbeEngine } = await import(engineModule);
const { close } = await import(new URL("../kernel/ffi/socket.js", `file://${engineModule}`).href);
const { STREAM, judgedPackets, lostPackets, voidPackets, voidReasons } = await import(beside("./tally.js").href);

const DEATHS = 3;
const workers = [];
let sockets = [];
const engine = createProbeEngine({
  receiveBufferBytes: 16 << 20,
  spawn(start) {
    const worker = new Worker(beside("./worker.js"), { workerData: start });
    workers.push(worker);
    sockets = [];
    worker.on("message", ({ type, fd }) => type === "opened" && sockets.push(fd));
    return worker;
  },
});
const spec = (family, address) => ({
  address: { family, address, zoneIndex: 0 },
  sizes: [64, "random"],
  ratePerSecond: 1000,
  timeoutSeconds: 0.2,
});
const slots = [engine.add(spec(4, address)), engine.add(spec(6, "::1"))];

const growing = ["sent", "received", "late", "duplicates", "reordered", "bursts", "burstSquared", "rttSum"];
const told = { snapshots: 0, unbalanced: 0, backwards: [], descriptors: [] };
const before = new Map();

/** One look at all streams: are the books of each balanced, and did any counter go backwards? */
function look() {
  const snapshot = engine.snapshot();
  told.snapshots++;
  for (const slot of slots) {
    const tally = snapshot.stream(slot);
    const judged = judgedPackets(tally);
    if (judged + voidPackets(tally) + tally[STREAM.inFlight] !== tally[STREAM.sent]) told.unbalanced++;
    if (tally[STREAM.received] + lostPackets(tally) !== judged) told.unbalanced++;
    const earlier = before.get(slot);
    for (const name of growing) {
      if (earlier && tally[STREAM[name]] < earlier[STREAM[name]]) told.backwards.push(name);
    }
    before.set(slot, tally.slice());
  }
}

const descriptors = () => readdirSync("/proc/self/fd").length;
const looking = setInterval(look, 2);
await sleep(1000);
told.descriptors.push(descriptors());
for (let death = 0; death < DEATHS; death++) {
  if (how === "terminate") await workers.at(-1).terminate();
  // The first one only keeps the kernel's stamping on.
  else for (const fd of sockets.slice(1)) close(fd);
  await sleep(1300);
  told.descriptors.push(descriptors());
}
// With nothing sent any more, what is in flight gets its verdict.
for (const slot of slots) engine.setAddress(slot, null);
await sleep(500);
clearInterval(looking);
look();
const streams = slots.map((slot) => {
  const tally = engine.snapshot().stream(slot);
  return {
    sent: tally[STREAM.sent],
    received: tally[STREAM.received],
    lost: lostPackets(tally),
    void: voidPackets(tally),
    died: tally[STREAM.void + voidReasons.indexOf("worker_died")],
    duplicates: tally[STREAM.duplicates],
    inFlight: tally[STREAM.inFlight],
  };
});
process.stdout.write(JSON.stringify({ ...told, restarts: engine.restarts, streams }));
await engine.stop();

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { createDoubts, RecentSpans } from "../../src/prober/doubts.ts";
import { Ledger } from "../../src/prober/ledger.ts";
import {
  createSharedTallies,
  createTallyWriter,
  ensureSlots,
  mendSequence,
  readSnapshot,
  type SharedTallies,
  sharedSlot,
} from "../../src/prober/shared-tallies.ts";
import { addRare, SLOT_WORDS, STREAM } from "../../src/prober/tally.ts";
import { builtModule } from "../support/lab.ts";

const SLOTS = 2;
/** As many as a free machine takes in half a second, of which so many differ: thousands may fit between two turns of the writer. */
const SNAPSHOTS = 20_000;
const CHANGES = 200;
/** On a crowded machine, where both sides wait for a CPU, those of half a minute. */
const SECONDS = 30;
const FEWEST_CHANGES = 5;

/** A thread that writes slots 0 and 1 as fast as it can, every word of both the same number, one more each time. */
const writer = `
const { workerData, parentPort } = require("node:worker_threads");
import(workerData.module).then(({ createTallyWriter, sharedSlot }) => {
  const pairs = [0, 1].map((slot) => {
    const shared = sharedSlot(workerData.shared, slot);
    return { tally: new Float64Array(shared.length), shared };
  });
  const { publish } = createTallyWriter(workerData.shared);
  const stop = new Int32Array(workerData.stop);
  const nanos = () => Number(process.hrtime.bigint());
  let written = 0;
  parentPort.postMessage("writing");
  for (let n = 1; Atomics.load(stop, 0) === 0; n++) {
    for (const { tally } of pairs) tally.fill(n);
    while (!publish(pairs[0], [pairs[1]], nanos()) && Atomics.load(stop, 0) === 0);
    written = n;
  }
  parentPort.postMessage(written);
});
`;

/** A thread that dies between the two halves of a change: the second slot of its list has no room for what it copies. */
const dying = `
const { workerData } = require("node:worker_threads");
import(workerData.module).then(({ createTallyWriter, sharedSlot }) => {
  const shared = sharedSlot(workerData.shared, 0);
  const whole = { tally: new Float64Array(shared.length).fill(1), shared };
  const tooLong = { tally: new Float64Array(shared.length + 1).fill(2), shared: sharedSlot(workerData.shared, 1) };
  createTallyWriter(workerData.shared).publish(whole, [tooLong], 0);
});
`;

function startThread(code: string, shared: SharedTallies, stop = new SharedArrayBuffer(4)): Worker {
  const module = `file://${builtModule("src/prober/shared-tallies.js")}`;
  return new Worker(code, { eval: true, workerData: { module, shared, stop } });
}

function sharedWithRoom(): SharedTallies {
  const shared = createSharedTallies();
  ensureSlots(shared, SLOTS);
  return shared;
}

const within = (milliseconds: number) => {
  const end = performance.now() + milliseconds;
  return () => performance.now() > end;
};

test("snapshots beside a writer that never rests are of one moment each, and time never goes back", async () => {
  const shared = sharedWithRoom();
  const stop = new SharedArrayBuffer(4);
  const thread = startThread(writer, shared, stop);
  await once(thread, "message");

  const seen = { taken: 0, torn: 0, backwards: 0, missing: 0, last: 0, changes: 0 };
  const enough = within(SECONDS * 1000);
  for (; (seen.changes < CHANGES || seen.taken < SNAPSHOTS) && !enough(); seen.taken++) {
    // A second is far more than most pauses between two turns of a thread.
    const words = readSnapshot(shared, SLOTS, within(1000));
    if (!words) {
      seen.missing++;
      continue;
    }
    const [first = 0] = words;
    if (words.some((word) => word !== first)) seen.torn++;
    if (first < seen.last) seen.backwards++;
    if (first > seen.last) seen.changes++;
    seen.last = first;
  }
  const written = once(thread, "message");
  Atomics.store(new Int32Array(stop), 0, 1);
  const [count] = await written;
  await once(thread, "exit");

  expect(seen).toMatchObject({ torn: 0, backwards: 0 });
  expect(seen.changes).toBeGreaterThanOrEqual(FEWEST_CHANGES);
  expect(seen.missing).toBeLessThan(seen.taken / 2);
  expect(count).toBeGreaterThanOrEqual(seen.last);
  expect(seen.last).toBeGreaterThanOrEqual(seen.changes);
}, 60_000);

test("a writer that died in the middle of a change: no snapshot until it is mended, and the reader does not hang", async () => {
  const shared = sharedWithRoom();
  const thread = startThread(dying, shared);
  const [error] = await once(thread, "error");

  expect((error as Error).name).toBe("RangeError");
  expect(sharedSlot(shared, 0)[0]).toBe(1);
  const begun = performance.now();
  expect(readSnapshot(shared, SLOTS, within(50))).toBeNull();
  expect(performance.now() - begun).toBeGreaterThanOrEqual(50);

  mendSequence(shared);

  const words = readSnapshot(shared, SLOTS, within(1000));
  expect([...(words ?? [])]).toEqual([...new Array(SLOT_WORDS).fill(1), ...new Array(SLOT_WORDS).fill(0)]);
  // Mending what is whole breaks nothing.
  mendSequence(shared);
  expect(readSnapshot(shared, SLOTS, within(1000))).toEqual(words);
});

test("memory grows for more slots, keeps what was in it, and ends somewhere", () => {
  const shared = sharedWithRoom();
  sharedSlot(shared, 1).fill(7);

  ensureSlots(shared, 5000);

  expect(sharedSlot(shared, 4999)).toHaveLength(SLOT_WORDS);
  expect([...sharedSlot(shared, 1)]).toEqual(new Array(SLOT_WORDS).fill(7));
  expect(() => ensureSlots(shared, 200_000)).toThrow("at most 131071 probe streams");
});

test("whatever happens to a stream's packets, what is published is what was counted", () => {
  const happening = fc.constantFrom("received", "lost", "void", "refused", "late", "twice", "icmp error");
  fc.assert(
    fc.property(fc.array(fc.array(happening, { maxLength: 5 }), { maxLength: 30 }), (rounds) => {
      const shared = sharedWithRoom();
      const { publish } = createTallyWriter(shared);
      const stream = { tally: new Float64Array(SLOT_WORDS), shared: sharedSlot(shared, 1) };
      const engine = { tally: new Float64Array(SLOT_WORDS), shared: sharedSlot(shared, 0) };
      const ledger = new Ledger(stream.tally, { timeoutNanos: 1e9, capacity: 64, missingStamp: () => undefined });
      const doubts = createDoubts(new RecentSpans());
      let now = 0;
      for (const round of rounds) {
        for (const what of round) {
          now += 3e9;
          const sequence = ledger.attempt(0, 64, now);
          doubts.nowNanos = now + 1e6;
          if (what === "refused") ledger.refused(sequence, "EPERM");
          if (what === "received" || what === "twice") ledger.replied(sequence, 64, Number.NaN, doubts);
          if (what === "twice") ledger.replied(sequence, 64, Number.NaN, doubts);
          if (what === "void") doubts.socketDrops.add(now, now + 1);
          if (what === "icmp error") addRare(stream.tally, STREAM.icmpErrors, 1);
          doubts.nowNanos = now + 2e9;
          doubts.drainedNanos = now + 2e9;
          ledger.judge(doubts, Number.POSITIVE_INFINITY);
          if (what === "late") ledger.replied(sequence, 64, Number.NaN, doubts);
        }
        publish(engine, [stream], now);

        expect(stream.shared).toEqual(stream.tally);
      }
    }),
  );
});

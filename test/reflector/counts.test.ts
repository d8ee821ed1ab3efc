import { Worker } from "node:worker_threads";
import { COUNT, COUNT_WORDS, reflectorCounts, rejections } from "../../src/reflector/counts.ts";
import { reflectorSamples } from "../../src/reflector/samples.ts";
import {
  countsSoFar,
  createCountsWriter,
  createSharedCounts,
  mendCounts,
  readCounts,
} from "../../src/reflector/shared-counts.ts";

test("counts are read as they were written, and a new worker goes on from them", () => {
  const shared = createSharedCounts();
  const words = Float64Array.from({ length: COUNT_WORDS }, (_, i) => i + 1);

  createCountsWriter(shared)(words);

  expect(readCounts(shared)).toEqual(words);
  expect(countsSoFar(shared)).toEqual(words);
  expect(reflectorCounts(words)).toMatchObject({
    replies: COUNT.replies + 1,
    sessions: COUNT.sessions + 1,
    rejected: { not_allowed: COUNT.rejected + 1, source_rate: COUNT_WORDS },
  });
});

test("a worker that died while it wrote leaves nothing to read until that is mended", () => {
  const shared = createSharedCounts();
  Atomics.add(new Int32Array(shared.sequence), 0, 1);

  expect(readCounts(shared)).toBeUndefined();
  mendCounts(shared);
  expect(readCounts(shared)).toEqual(new Float64Array(COUNT_WORDS));
});

test("no snapshot is torn while another thread writes", async () => {
  const shared = createSharedCounts();
  // All words are the same in each write, so any difference is a tear.
  const worker = new Worker(
    `const { workerData: { sequence, words, count } } = require("node:worker_threads");
     const control = new Int32Array(sequence), target = new Float64Array(words), next = new Float64Array(count);
     for (let n = 1; n < 1e9; n++) {
       next.fill(n);
       Atomics.add(control, 0, 1); Atomics.load(control, 0); target.set(next); Atomics.add(control, 0, 1);
     }`,
    { eval: true, workerData: { ...shared, count: COUNT_WORDS } },
  );
  const ended = new Promise((resolve) => worker.once("exit", resolve));
  const seen = new Set<number>();
  let torn = 0;
  for (const until = Date.now() + 1000; Date.now() < until; ) {
    const read = readCounts(shared);
    if (!read) continue;
    if (read.some((word) => word !== read[0])) torn++;
    seen.add(read[0] ?? 0);
  }
  await worker.terminate();
  await ended;

  expect(torn).toBe(0);
  expect(seen.size).toBeGreaterThan(20);
});

test("every reason has a series from the start", () => {
  const samples = reflectorSamples(reflectorCounts(new Float64Array(COUNT_WORDS)));

  const rejected = samples.filter(({ metric }) => metric.name === "virtloss_reflector_rejected_packets_total");
  expect(rejected.map(({ labels }) => labels["reason"])).toEqual([...rejections]);
  expect(samples.map(({ value }) => value)).toEqual(samples.map(() => 0));
});

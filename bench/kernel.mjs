/**
 * What the programs that we load into the kernel cost: each by the kernel's own clock, and what a flood feels of them.
 * The kernel adds some 20 ns of its own to what it measures.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";
import koffi from "koffi";
import { run } from "./lab.mjs";
import { median } from "./statistics.mjs";
import { figure } from "./table.mjs";

const STATISTICS = "/proc/sys/kernel/bpf_stats_enabled";
const PORT = 9;
const DATAGRAMS = 1024;

/** @typedef {{ title: string, programs: Record<string, number>, without: number[], with: number[], unit: string }} Cost */

/** @returns {Promise<{ costs: Cost[] }>} nanoseconds */
export async function measureKernel({ program, quick, progress }) {
  const build = dirname(program);
  const load = (module) => import(`${build}/${module}`);
  const host = (await load("kernel/linux.js")).createLinuxHost();
  const { drops } = await load("collectors/drops/index.js");
  const { measureSoftirqs } = await load("collectors/latency/softirq.js");
  const { measureScheduling } = await load("collectors/latency/scheduling.js");
  const { countPolls } = await load("collectors/latency/polls.js");
  const types = await host.tracing.types();

  const turns = quick ? 10 : 60;
  const flood = droppedFlood(50);
  const threads = await pingPong(5000);
  const withPrograms = (hang) => async () => {
    const programs = host.tracing.openPrograms();
    hang(programs);
    return () => programs.close();
  };
  const counted = (options) => async () => {
    const source = drops.open(host, options);
    await source.read(new AbortController().signal, () => undefined);
    return () => source.close();
  };
  const watched = (watch) =>
    withPrograms((programs) => {
      const scheduling = measureScheduling(programs, types);
      for (const id of watch) scheduling.watch(id);
    });
  const plans = [
    { title: "drop reasons", open: counted({ locations: false }), names: ["drop"], work: flood },
    { title: "drop reasons and locations", open: counted({ locations: true }), names: ["drop"], work: flood },
    { title: "softirq latency", open: withPrograms(measureSoftirqs), names: ["entry", "raise"], work: flood },
    { title: "polls", open: withPrograms((programs) => countPolls(programs, types)), names: ["poll"], work: flood },
    { title: "scheduling, thread of no machine", open: watched([]), names: ["switch", "wake-up"], work: threads },
    {
      title: "scheduling, thread of a machine",
      open: watched(threads.ids),
      names: ["switch", "wake-up"],
      work: threads,
    },
  ];

  const costs = [];
  for (const plan of plans) {
    progress(plan.title);
    costs.push(await measureCost(plan, turns));
  }
  flood.end();
  await threads.end();
  return { costs };
}

/** Turns with and without follow each other: what slows the machine for a while slows both. */
async function measureCost({ title, open, names, work }, turns) {
  const times = { without: [], with: [] };
  const programs = Object.fromEntries(names.map((name) => [name, []]));
  for (let turn = 0; turn < turns; turn++) {
    times.without.push(await work());
    const close = await open();
    times.with.push(await work());
    const before = readFileSync(STATISTICS, "utf8");
    writeFileSync(STATISTICS, "1");
    await work();
    for (const [i, { nanos, runs }] of programStatistics().entries()) {
      if (runs > 0) programs[names[i]].push(nanos / runs);
    }
    writeFileSync(STATISTICS, before);
    close();
  }
  const each = Object.entries(programs).filter(([, values]) => values.length > 0);
  return { title, unit: work.unit, ...times, programs: Object.fromEntries(each.map(([name, v]) => [name, median(v)])) };
}

/** Of the programs that this process holds, in the order in which they were loaded. */
function programStatistics() {
  const folder = "/proc/self/fd";
  const held = readdirSync(folder).filter((fd) => existsSync(`${folder}/${fd}`));
  const descriptors = held.filter((fd) => readlinkSync(`${folder}/${fd}`) === "anon_inode:bpf-prog").map(Number);
  return descriptors
    .sort((a, b) => a - b)
    .map((fd) => {
      const info = readFileSync(`/proc/self/fdinfo/${fd}`, "utf8");
      const number = (name) => Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(info)?.[1]);
      return { nanos: number("run_time_ns"), runs: number("run_cnt") };
    });
}

/** Sends datagrams that nftables drops on loopback, in batches. Each call gives the nanoseconds of one. */
function droppedFlood(batches) {
  run(
    "nft",
    ["-f", "-"],
    `table inet kernel {
chain input { type filter hook input priority 0; policy accept;
udp dport ${PORT} counter drop
}
}\n`,
  );
  const libc = koffi.load(null);
  const socket = libc.func("int socket(int, int, int)")(2, 2, 0);
  const sendmmsg = libc.func("int sendmmsg(int, void *, uint, int)");
  const native = (bytes) => Buffer.from(new ArrayBuffer(bytes));
  const address = native(128);
  address.writeUInt16LE(2, 0);
  address.writeUInt16BE(PORT, 2);
  address.set([127, 0, 0, 1], 4);
  const payload = native(128);
  const vector = native(128);
  vector.writeBigUInt64LE(koffi.address(payload), 0);
  vector.writeBigUInt64LE(64n, 8);
  const MESSAGE = 64;
  const messages = native(DATAGRAMS * MESSAGE);
  for (let at = 0; at < messages.length; at += MESSAGE) {
    messages.writeBigUInt64LE(koffi.address(address), at);
    messages.writeUInt32LE(16, at + 8);
    messages.writeBigUInt64LE(koffi.address(vector), at + 16);
    messages.writeBigUInt64LE(1n, at + 24);
  }
  const work = async () => {
    const began = process.hrtime.bigint();
    for (let batch = 0; batch < batches; batch++) {
      if (sendmmsg(socket, messages, DATAGRAMS, 0) < DATAGRAMS) throw new Error("sendmmsg sent less than it was told");
    }
    return Number(process.hrtime.bigint() - began) / (batches * DATAGRAMS);
  };
  return Object.assign(work, {
    unit: "datagram",
    // What the messages point to must live as long as they do.
    kept: [address, payload, vector],
    end: () => {
      libc.func("int close(int)")(socket);
      run("nft", ["delete", "table", "inet", "kernel"]);
    },
  });
}

/** Two threads wake each other in turn. Each call gives the nanoseconds of one wake-up. */
async function pingPong(rounds) {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const body = `
    const { parentPort, workerData: { shared, own } } = require("node:worker_threads");
    parentPort.postMessage(require("node:fs").readlinkSync("/proc/thread-self").split("/").pop());
    parentPort.on("message", (rounds) => {
      for (let round = 0; round < rounds; round++) {
        while (Atomics.load(shared, 0) !== own) Atomics.wait(shared, 0, 1 - own);
        Atomics.store(shared, 0, 1 - own);
        Atomics.notify(shared, 0);
      }
      parentPort.postMessage("done");
    });`;
  const message = (worker) => new Promise((resolve) => worker.once("message", resolve));
  const workers = [0, 1].map((own) => new Worker(body, { eval: true, workerData: { shared, own } }));
  const ids = (await Promise.all(workers.map(message))).map(Number);
  // On two CPUs a wake-up takes three times as long; the scheduler would decide which of the two is measured.
  for (const id of ids) run("taskset", ["--pid", "--cpu-list", "0", String(id)]);
  const work = async () => {
    const began = process.hrtime.bigint();
    const done = Promise.all(workers.map(message));
    for (const worker of workers) worker.postMessage(rounds);
    await done;
    return Number(process.hrtime.bigint() - began) / (2 * rounds);
  };
  return Object.assign(work, {
    unit: "wake-up",
    ids,
    end: () => Promise.all(workers.map((worker) => worker.terminate())),
  });
}

/** @param {{ costs: Cost[] }} result */
export function kernelTable({ costs }) {
  return {
    title: "Programs in the kernel, ns: a run by the kernel's clock; a flood or two threads, the least of all turns",
    columns: ["", "a run", "", "without", "with"],
    rows: costs.map(({ title, programs, unit, without, with: loaded }) => [
      title,
      Object.entries(programs)
        .map(([name, nanos]) => `${name} ${figure(nanos)}`)
        .join(", "),
      unit,
      // Only noise makes a turn longer.
      figure(Math.min(...without)),
      figure(Math.min(...loaded)),
    ]),
  };
}

import type { StallCause } from "../../../src/prober/stall/attribute.ts";
import type { StallMachine, WatchedFile } from "../../../src/prober/stall/machine.ts";
import { createStallWitness } from "../../../src/prober/stall/witness.ts";

const MS = 1e6;

/** Counters of a machine of the test's own, in milliseconds. */
interface Counters {
  suspended: number;
  ran: number;
  waited: number;
  stops: number;
  throttled: number;
  stolen: number[];
}

interface Kernel extends StallMachine {
  readonly counters: Counters;
  cpu: number;
  cgroup: string;
  readonly missing: Set<string>;
}

function createKernel(cpus = 2): Kernel {
  const counters: Counters = { suspended: 0, ran: 0, waited: 0, stops: 0, throttled: 0, stolen: Array(cpus).fill(0) };
  const texts: Record<string, () => string> = {
    "/proc/stat": () => {
      const rows = counters.stolen.map((ms, cpu) => `cpu${cpu} 1 2 3 4 5 6 7 ${Math.floor(ms / 10)} 0 0`);
      return ["cpu  1 2 3 4 5 6 7 8 0 0", ...rows, "intr 1", ""].join("\n");
    },
    "/proc/thread-self/schedstat": () => `1 ${Math.round(counters.waited * MS)} 1\n`,
    "/proc/self/task/7/schedstat": () => `1 1 ${counters.stops}\n`,
    "/proc/thread-self/cgroup": () => `0::${kernel.cgroup}\n`,
    "/proc/thread-self/mountinfo": () => "35 30 0:31 / /cg rw - cgroup2 cgroup2 rw\n",
    "/cg/cpu.stat": () => "usage_usec 1\n",
    "/cg/a/cpu.stat": () => `nr_throttled 1\nthrottled_usec ${counters.throttled * 1000}\n`,
    "/cg/a/b/cpu.stat": () => "nr_throttled 0\nthrottled_usec 0\n",
    "/cg/c/cpu.stat": () => `nr_throttled 1\nthrottled_usec ${counters.throttled * 1000}\n`,
  };
  const kernel: Kernel = {
    counters,
    cpu: 0,
    cgroup: "/a/b",
    missing: new Set(),
    open(path): WatchedFile | undefined {
      const text = texts[path];
      if (!text || kernel.missing.has(path)) return undefined;
      return { read: () => (kernel.missing.has(path) ? undefined : text()), close: () => undefined };
    },
    suspendedNanos: () => counters.suspended * MS,
    threadCpuNanos: () => counters.ran * MS,
    currentCpu: () => kernel.cpu,
    sentinel: "/proc/self/task/7",
    stopwatch: () => 0,
  };
  return kernel;
}

/** Ten calm seconds, then `change`, then a stall of `stallMs` that ends there. */
function causeAfter(kernel: Kernel, stallMs: number, change: (counters: Counters) => void): StallCause {
  const witness = createStallWitness(kernel);
  for (let second = 0; second <= 10; second++) witness.sweep(second * 1e9);
  change(kernel.counters);
  return witness.causeOf(10.5e9, 10.5e9 + stallMs * MS);
}

test.each<[StallCause, (counters: Counters) => void]>([
  ["throttled", (c) => Object.assign(c, { throttled: 75, waited: 78 })],
  ["stopped", (c) => Object.assign(c, { stops: 2 })],
  ["suspended", (c) => Object.assign(c, { suspended: 3_600_000, stops: 2 })],
  ["steal", (c) => Object.assign(c, { stolen: [80, 0] })],
  ["contended", (c) => Object.assign(c, { waited: 77 })],
  ["busy", (c) => Object.assign(c, { ran: 77 })],
  ["unknown", () => undefined],
])("names %s by its trace in the kernel's files", (cause, change) => {
  expect(causeAfter(createKernel(), 80, change)).toBe(cause);
});

test("steal counts on our CPU and on the one that we were on, not on the other 126", () => {
  const stolenOn = (cpu: number) => {
    const kernel = createKernel(128);
    kernel.cpu = 40;
    return causeAfter(kernel, 80, ({ stolen }) => {
      stolen[cpu] = 80;
      kernel.cpu = 90;
    });
  };

  expect([40, 90, 41, 9, 127].map(stolenOn)).toEqual(["steal", "steal", "unknown", "unknown", "unknown"]);
});

test("a process that is moved is held against its new cgroup, from the next look on", () => {
  const kernel = createKernel();
  const witness = createStallWitness(kernel);
  witness.sweep(0);

  kernel.cgroup = "/c";
  Object.assign(kernel.counters, { throttled: 75, waited: 78 });
  expect(witness.causeOf(1e9, 1e9 + 80 * MS)).toBe("contended");
  Object.assign(kernel.counters, { throttled: 150, waited: 156 });

  expect(witness.causeOf(2e9, 2e9 + 80 * MS)).toBe("throttled");
});

test.each([
  [
    "no file at all",
    ["/proc/stat", "/proc/thread-self/schedstat", "/proc/self/task/7/schedstat", "/proc/thread-self/cgroup"],
  ],
  ["no mounts", ["/proc/thread-self/mountinfo"]],
  ["no cpu.stat", ["/cg/cpu.stat", "/cg/a/cpu.stat", "/cg/a/b/cpu.stat"]],
])("with %s, or once they are gone, a stall is unknown and nothing fails", (_, missing) => {
  const absent = createKernel();
  const vanishing = createKernel();
  for (const path of missing) absent.missing.add(path);

  expect(causeAfter(absent, 80, () => undefined)).toBe("unknown");
  expect(causeAfter(vanishing, 80, () => missing.forEach((path) => void vanishing.missing.add(path)))).toBe("unknown");
});

test("before its first look it knows nothing", () => {
  expect(createStallWitness(createKernel()).causeOf(0, 80 * MS)).toBe("unknown");
});

/** The same numbers in each run. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * Five hundred stalls on a machine where a part of the time is always stolen, in gusts of some milliseconds, and where this
 * thread waits for a CPU a little each time it wakes.
 * @returns how many were given each cause
 */
function judgeStalls(stealRatio: number, stallMs: number, change: (counters: Counters, stallMs: number) => void) {
  const random = createRandom(7);
  const kernel = createKernel();
  const witness = createStallWitness(kernel);
  const causes: Partial<Record<StallCause, number>> = {};
  let nowMs = 0;
  const live = (ms: number) => {
    for (let passed = 0; passed < ms; passed += 10) {
      if (random() < stealRatio) kernel.counters.stolen[0] = (kernel.counters.stolen[0] ?? 0) + 20 * random();
      kernel.counters.waited += 0.2 * random();
    }
    nowMs += ms;
  };
  for (let stall = 0; stall < 500; stall++) {
    for (let look = 0; look < 4; look++) {
      live(1000);
      witness.sweep(nowMs * MS);
    }
    live(1000 * random());
    const from = nowMs;
    live(stallMs);
    change(kernel.counters, stallMs);
    const cause = witness.causeOf(from * MS, nowMs * MS);
    causes[cause] = (causes[cause] ?? 0) + 1;
  }
  return causes;
}

const stolen = (c: Counters, ms: number) => {
  c.stolen[0] = (c.stolen[0] ?? 0) + ms;
};
const contended = (c: Counters, ms: number) => {
  c.waited += ms;
};
const otherwise = () => undefined;

describe("of 500 stalls", () => {
  test.each<[number, number, (c: Counters, ms: number) => void, StallCause, number]>([
    [0, 6, stolen, "steal", 250],
    [0, 30, stolen, "steal", 495],
    [0, 200, stolen, "steal", 495],
    [0.05, 200, stolen, "steal", 430],
    [0, 30, contended, "contended", 495],
    [0.05, 30, contended, "contended", 490],
    [0.05, 200, contended, "contended", 490],
  ])("where %d of the time is always stolen, those of %d ms are blamed rightly", (ratio, ms, change, cause, least) => {
    expect(judgeStalls(ratio, ms, change)[cause]).toBeGreaterThanOrEqual(least);
  });

  test.each([
    [0, 6],
    [0, 200],
    [0.01, 6],
    [0.05, 6],
    [0.05, 30],
    [0.05, 200],
    [0.2, 30],
  ])(
    "where %d of the time is always stolen, at most 25 of %d ms with another cause are blamed on steal",
    (ratio, ms) => {
      for (const change of [contended, otherwise]) {
        expect(judgeStalls(ratio, ms, change).steal ?? 0).toBeLessThanOrEqual(25);
      }
    },
  );
});

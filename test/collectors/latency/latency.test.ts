import { latencyMetrics } from "../../../src/collectors/latency/metrics.ts";
import { latencyOptions } from "../../../src/collectors/latency/options.ts";
import { deviceName, histogramOf } from "../../../src/collectors/latency/parse.ts";
import { trackThreads } from "../../../src/collectors/latency/threads.ts";
import { argumentPlaces } from "../../../src/collectors/latency/types.ts";
import { createConfigSchema } from "../../../src/config/schema.ts";
import type { KernelTypes } from "../../../src/kernel/bpf/btf.ts";
import { type Host, SourceAbsentError } from "../../../src/kernel/host.ts";
import { createFixtureHost } from "../../support/fixture-host.ts";

test("an interface's name ends at its first zero, and the backlog has none", () => {
  const padded = (name: string) => Uint8Array.from({ length: 16 }, (_, i) => name.charCodeAt(i) || 0);

  expect(deviceName(padded("eth0"))).toBe("eth0");
  expect(deviceName(padded("a-name-of-15-chr"))).toBe("a-name-of-15-chr");
  expect(deviceName(padded(""))).toBe("(no device)");
});

test("a histogram has one count more than buckets, and seconds", () => {
  const words = new Float64Array(21).map((_, i) => i + 1);

  const { counts, sumSeconds } = histogramOf(words);

  expect(counts).toEqual(Array.from({ length: 19 }, (_, i) => i + 1));
  expect(counts).toHaveLength(latencyMetrics.softirq.buckets.length + 1);
  expect(sumSeconds).toBe(20e-9);
});

/** /proc with a machine of two vCPUs, an older kernel's vhost process, and a process that ends while it is read. */
const files: Readonly<Record<string, string>> = {
  "/proc/1/comm": "systemd\n",
  "/proc/812/comm": "qemu-system-x86\n",
  "/proc/812/cmdline":
    "/usr/bin/qemu-system-x86_64\0-name\0guest=web,debug-threads=on\0-uuid\0A1B2C3D4-0001-4000-8000-00000000abcd\0",
  "/proc/812/task/812/comm": "qemu-system-x86\n",
  "/proc/812/task/815/comm": "CPU 0/KVM\n",
  "/proc/812/task/816/comm": "CPU 1/KVM\n",
  "/proc/812/task/817/comm": "worker\n",
  "/proc/820/comm": "vhost-812\n",
  "/proc/900/comm": "qemu-system-x86\n",
};
const lists: Readonly<Record<string, readonly string[]>> = {
  "/proc": ["1", "812", "820", "900", "999", "net", "self"],
  "/proc/812/task": ["812", "815", "816", "817"],
};
const answer = <T>(from: Readonly<Record<string, T>>, path: string): T => {
  const found = from[path];
  if (found === undefined) throw new SourceAbsentError(`${path}: ENOENT`);
  return found;
};
const host: Host = {
  ...createFixtureHost("linux-6.18-virtio"),
  readText: async (path) => answer(files, path),
  readNow: (path) => answer(files, path),
  list: async (path) => answer(lists, path),
};

test("threads of machines are found by the names that QEMU gives them", async () => {
  const vm = { vm: "web", vmUuid: "a1b2c3d4-0001-4000-8000-00000000abcd" };

  expect(await trackThreads(host)()).toEqual([
    { ...vm, threadId: 812, role: "emulator" },
    { ...vm, threadId: 815, role: "vcpu0" },
    { ...vm, threadId: 816, role: "vcpu1" },
    { ...vm, threadId: 820, role: "vhost" },
  ]);
});

test("a tracepoint with other arguments is absent, and the words name them", () => {
  const types: KernelTypes = {
    tracepoint: (name) => (name === "napi_poll" ? { typeId: 7, arguments: ["napi", "work"] } : undefined),
    offsetOf: () => undefined,
    enumeration: () => undefined,
  };

  expect(argumentPlaces(types, "napi_poll", "napi", "work")).toEqual({ typeId: 7, napi: 0, work: 1 });
  expect(() => argumentPlaces(types, "napi_poll", "budget")).toThrow("expected an argument budget, found napi, work");
  expect(() => argumentPlaces(types, "sched_switch", "prev")).toThrow(SourceAbsentError);
});

test("latencies are off unless a configuration turns them on", () => {
  const schema = createConfigSchema({ latency: latencyOptions });
  const parse = (latency: unknown) => schema.parse({ collectors: { latency } }).collectors["latency"];

  const all = { softirq: true, scheduling: true, polls: true };
  expect(schema.parse({}).collectors["latency"]).toEqual({ enabled: false, options: all });
  expect(parse({ enabled: true })).toEqual({ enabled: true, options: all });
  expect(parse({ enabled: true, polls: false })).toEqual({ enabled: true, options: { ...all, polls: false } });
  expect(parse(false)?.enabled).toBe(false);
});

import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Asked, startAsked } from "../../support/asking.ts";
import { flood } from "../../support/dropping.ts";
import { createWire, TARGET } from "../../support/lab.ts";
import { createCpuGroup } from "../../support/starving.ts";

type Reading = readonly (readonly [string, Readonly<Record<string, string>>, number | readonly number[], number?])[];

let meter: Asked<Reading>;
const children: ChildProcess[] = [];

beforeAll(() => {
  meter = startAsked<Reading>("latency-meter.mjs");
});

afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await meter.kill();
});

interface Histogram {
  readonly count: number;
  readonly sumSeconds: number;
}

function histogram(reading: Reading, name: string, label: string, value: string): Histogram | undefined {
  const found = reading.find(([metric, labels]) => metric === name && labels[label] === value);
  if (!found) return undefined;
  const [, , counts, sumSeconds = Number.NaN] = found;
  return { count: (counts as readonly number[]).reduce((a, b) => a + b, 0), sumSeconds };
}

/** NET_RX softirqs that ran on a CPU, as the kernel itself counts them. */
function netRxSoftirqs(cpu: number): number {
  const line = /^ *NET_RX:(.*)$/m.exec(readFileSync("/proc/softirqs", "utf8"))?.[1] ?? "";
  return Number(line.trim().split(/\s+/)[cpu]);
}

test("each NET_RX softirq is measured once", async () => {
  const wire = await createWire();
  const cpu = "1";
  const name = "virtloss_softirq_latency_seconds";
  const before = histogram(await meter.ask(), name, "cpu", cpu) as Histogram;
  const ran = netRxSoftirqs(Number(cpu));

  await flood(wire.prober, TARGET, 9, 20_000);

  const measured = netRxSoftirqs(Number(cpu)) - ran;
  const after = histogram(await meter.ask(), name, "cpu", cpu) as Histogram;
  await wire.remove();
  const count = after.count - before.count;
  expect(measured).toBeGreaterThan(100);
  // The machine goes on between two readings.
  expect(Math.abs(count - measured)).toBeLessThan(10 + 0.05 * measured);
  expect(after.sumSeconds).toBeGreaterThan(before.sumSeconds);
  expect((after.sumSeconds - before.sumSeconds) / count).toBeLessThan(0.1);
});

const NAME = "machine-of-the-test";
const UUID = "5ca1ab1e-0000-4000-8000-00000000cafe";

/** A process that the kernel calls qemu-system-x86, and that only uses CPU time. */
function startMachine(folder: string, prefix: readonly string[]): ChildProcess {
  const program = join(folder, "qemu-system-x86_64");
  copyFileSync("/bin/sh", program);
  const [file = "", ...args] = [
    ...prefix,
    program,
    "-c",
    "while :; do :; done",
    "-name",
    `guest=${NAME}`,
    "-uuid",
    UUID,
  ];
  const machine = spawn(file, args, { stdio: "ignore" });
  children.push(machine);
  return machine;
}

/** Seconds that a thread was ready and not running, and turns that it had, as the scheduler itself counts them. */
function schedstat(pid: number): { readonly delaySeconds: number; readonly turns: number } {
  const [, delay, turns] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "latin1").split(" ").map(Number);
  return { delaySeconds: (delay ?? 0) / 1e9, turns: turns ?? 0 };
}

test("a machine that its quota stops waits as long as the scheduler says, and its series go with it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "vl-latency-"));
  const group = createCpuGroup("latency");
  group.limit(20);
  const machine = startMachine(folder, group.prefix);
  await sleep(500);
  const read = async () => histogram(await meter.ask(), "virtloss_vm_scheduling_latency_seconds", "vm", NAME);
  const before = await read();
  const scheduler = schedstat(machine.pid as number);

  await sleep(3000);
  const after = await read();
  const schedulerAfter = schedstat(machine.pid as number);
  const gone = new Promise((resolve) => machine.once("exit", resolve));
  machine.kill("SIGKILL");
  await gone;
  const left = await read();

  rmSync(folder, { recursive: true });
  group.remove();
  const waited = (after?.sumSeconds ?? 0) - (before?.sumSeconds ?? 0);
  const truth = schedulerAfter.delaySeconds - scheduler.delaySeconds;
  expect(truth).toBeGreaterThan(1.5);
  // One wait of a tenth of a second may still last at either reading.
  expect(Math.abs(waited - truth)).toBeLessThan(0.2);
  expect((after?.count ?? 0) - (before?.count ?? 0)).toBeGreaterThan(20);
  expect(left).toBeUndefined();
});

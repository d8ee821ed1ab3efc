import { parseCpuTimes } from "../../../src/collectors/cpu/parse.ts";
import { createFixtureHost } from "../../support/fixture-host.ts";

test("each online CPU has its softirq and steal ticks", async () => {
  const text = await createFixtureHost("linux-6.18-virtio").readText("/proc/stat");
  const columns = (cpu: string) => (text.split("\n").find((line) => line.startsWith(cpu)) ?? "").split(" ");

  const rows = parseCpuTimes(text);

  expect(rows).toEqual([
    { cpu: "0", softirqTicks: Number(columns("cpu0")[7]), stealTicks: Number(columns("cpu0")[8]) },
    { cpu: "1", softirqTicks: Number(columns("cpu1")[7]), stealTicks: Number(columns("cpu1")[8]) },
  ]);
});

test("the sum of all CPUs and other rows are no CPU, and a gap in the numbers stays", () => {
  const text = "cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 1 0 2 3 4 5 61 7 0 0\ncpu3 1 0 2 3 4 5 6 700\nintr 5 0\nctxt 9\n";

  expect(parseCpuTimes(text)).toEqual([
    { cpu: "0", softirqTicks: 61, stealTicks: 7 },
    { cpu: "3", softirqTicks: 6, stealTicks: 700 },
  ]);
});

test.each([
  ["", "/proc/stat: expected rows of CPUs (cpu0 …), found none"],
  ["cpu  1 2 3\n", "/proc/stat: expected rows of CPUs (cpu0 …), found none"],
  ["cpu0 1 0 2 3 4 5 6\n", '/proc/stat: expected at least 8 numbers behind the CPU\'s name, got "cpu0 1 0 2 3 4 5 6"'],
  [
    "cpu0 1 0 2 3 4 5 6 x\n",
    '/proc/stat: expected at least 8 numbers behind the CPU\'s name, got "cpu0 1 0 2 3 4 5 6 x"',
  ],
])("a file that reads %j is an error that says what was found", (text, message) => {
  expect(() => parseCpuTimes(text)).toThrow(message);
});

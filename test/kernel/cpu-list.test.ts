import { parseCpuList } from "../../src/kernel/cpu-list.ts";
import { ParseError } from "../../src/kernel/host.ts";

test.each([
  ["0\n", [0]],
  ["0-3\n", [0, 1, 2, 3]],
  ["0-1,8,10-11", [0, 1, 8, 10, 11]],
  ["\n", []],
])("the list %j names %j", (text, cpus) => {
  expect(parseCpuList(text, "possible")).toEqual(cpus);
});

test.each(["3-1", "a", "0-", "0-99999999", "1,,2", "0-99999"])("%j is refused with its place", (text) => {
  expect(() => parseCpuList(text, "/proc/irq/9/x")).toThrow(ParseError);
  expect(() => parseCpuList(text, "/proc/irq/9/x")).toThrow(
    `/proc/irq/9/x: expected a list of CPUs such as 0-3,8, got "${text}"`,
  );
});

import { parseCpuList } from "../../../src/kernel/bpf/cpus.ts";
import { ParseError } from "../../../src/kernel/host.ts";

test.each([
  ["0\n", [0]],
  ["0-3\n", [0, 1, 2, 3]],
  ["0-1,8,10-11\n", [0, 1, 8, 10, 11]],
])("the list %j is read", (text, cpus) => {
  expect(parseCpuList(text, "possible")).toEqual(cpus);
});

test.each(["", "3-1", "a", "0-", "0-99999999"])("%j is refused with its place", (text) => {
  expect(() => parseCpuList(text, "/sys/devices/system/cpu/possible")).toThrow(ParseError);
  expect(() => parseCpuList(text, "/sys/devices/system/cpu/possible")).toThrow(
    "/sys/devices/system/cpu/possible: expected",
  );
});

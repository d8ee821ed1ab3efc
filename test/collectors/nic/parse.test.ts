import {
  carriesPackets,
  handlerNames,
  parseCpuMask,
  parseInterrupts,
  parseNumber,
  subsystemIds,
} from "../../../src/collectors/nic/parse.ts";
import { createFixtureHost } from "../../support/fixture-host.ts";

test("a real file gives numbered interrupts with their handlers, and no summaries", async () => {
  const rows = parseInterrupts(await createFixtureHost("linux-6.1-qemu").readText("/proc/interrupts"));

  expect(rows.find((row) => row.irq === "11")).toEqual({
    irq: "11",
    counts: [
      { cpu: "0", count: 0 },
      { cpu: "1", count: 23 },
    ],
    handlers: ["IO-APIC", "11-fasteoi", "eth1", "eth6"],
  });
  expect(rows.every((row) => /^\d+$/.test(row.irq))).toBe(true);
});

test.each([
  ["", '/proc/interrupts row 0: expected a header of CPUs (CPU0 …), got ""'],
  [" 0: 1 2 timer\n", '/proc/interrupts row 0: expected a header of CPUs (CPU0 …), got " 0: 1 2 timer"'],
  ["CPU0 CPU1\n 9: 4\n", '/proc/interrupts row 1: expected 2 counts, got " 9: 4"'],
  ["CPU0 CPU1\n 9: 4 acpi\n", '/proc/interrupts row 1: expected 2 counts, got " 9: 4 acpi"'],
])("interrupts that read %j are an error that names the row", (text, message) => {
  expect(() => parseInterrupts(text)).toThrow(message);
});

test.each([
  ["eth0", true],
  ["eth0-TxRx-3", true],
  ["i40e-eth0-TxRx-3", true],
  ["eth0:lsi", true],
  ["eth01-rx-0", false],
  ["eth", false],
  ["virtio0-input.0", false],
])("the handler %s belongs to eth0: %s", (handler, expected) => {
  expect(handlerNames("eth0", handler)).toBe(expected);
});

test.each([
  ["virtio0-config", false],
  ["virtio0-input.0", true],
  ["ena-mgmnt@pci:0000:00:05.0", false],
  ["mlx5_async0@pci:0000:3b:00.0", false],
  ["mlx5_comp0@pci:0000:3b:00.0", true],
  ["eth5-event-2", false],
  ["eth0-Tx-Rx-0", true],
])("the vector %s carries packets: %s", (handler, expected) => {
  expect(carriesPackets([handler])).toBe(expected);
});

test.each([
  ["00000000,0000000f\n", [0, 1, 2, 3]],
  ["3", [0, 1]],
  ["00000001,80000000", [31, 32]],
  ["0", []],
])("the mask %j names CPUs %j", (text, cpus) => {
  expect(parseCpuMask("f", text)).toEqual(cpus);
});

test.each(["", "xyz", "1,2", "0000000000000000f"])("%j is no mask of CPUs", (text) => {
  expect(() => parseCpuMask("/sys/m", text)).toThrow(
    `/sys/m: expected a mask of CPUs such as 00000000,0000000f, got "${text}"`,
  );
});

test("an empty file is no number", () => {
  expect(parseNumber("f", " 1500\n")).toBe(1500);
  expect(() => parseNumber("/sys/mtu", "\n")).toThrow('/sys/mtu: expected a number, got ""');
});

test("half of the subsystem ids is no id", () => {
  expect(subsystemIds("0x1af4\n", "0x1100\n")).toBe("1af4:1100");
  expect(subsystemIds("0x1af4\n", "")).toBe("");
});

import fc from "fast-check";
import { parseQemuCommandLine } from "../../src/vm/qemu-command-line.ts";

const RUNS = 1000;
const words = ["-name", "-uuid", "-smbios", "-m", "-smp", "-netdev", "-device", "-nic", "-net", "-machine", "--name"];
const values = [
  "tap,id=n,fds=3:4",
  "virtio-net-pci,netdev=n,mq=on",
  '{"type":"tap","id":"n"}',
  "nic",
  "size=1G",
  "none",
];
const word = fc.oneof(fc.constantFrom(...words, ...values), fc.json(), fc.string());
const commandLine = fc.array(word, { maxLength: 30 }).map((some) => some.map((one) => `${one}\0`).join(""));

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;

test("whatever stands in a command line, it is a machine with sane figures and NICs with addresses", () => {
  fc.assert(
    fc.property(commandLine, (text) => {
      const { uuid, memoryBytes, vcpus, nics, name } = parseQemuCommandLine(text);

      expect(uuid).toMatch(/^([0-9a-f-]{36})?$/);
      expect(memoryBytes).toBeGreaterThanOrEqual(0);
      expect(vcpus).toBeGreaterThan(0);
      expect(name.length).toBeLessThanOrEqual(256);
      for (const nic of nics) {
        expect(nic.mac).toMatch(MAC);
        expect(nic.queues).toBeGreaterThanOrEqual(1);
      }
    }),
    { numRuns: RUNS },
  );
});

test.each([
  ["a machine of a hundred thousand cards", "-nic\0user\0".repeat(100_000)],
  ["JSON a hundred thousand levels deep", `-netdev\0{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}\0`],
  ["a name of a megabyte", `-name\0${"x".repeat(1024 ** 2)}\0`],
  ["a million commas", `-device\0${",".repeat(1_000_000)}\0`],
])("%s takes no time and no room", (_, text) => {
  const startedMs = performance.now();
  const machine = parseQemuCommandLine(text);

  expect(performance.now() - startedMs).toBeLessThan(2000);
  expect(JSON.stringify(machine).length).toBeLessThan(50_000);
});

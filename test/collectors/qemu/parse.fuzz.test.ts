import fc from "fast-check";
import { parseNetDev, parseNumaStat, parseSchedstat, parseTaskStat } from "../../../src/collectors/qemu/parse.ts";
import { parseCpuList } from "../../../src/kernel/cpu-list.ts";
import { ParseError } from "../../../src/kernel/host.ts";

const RUNS = 2000;
const devices = new Set(["vnet0"]);
const real = {
  schedstat: "21285976609 44785748448 33893\n",
  stat: `28959 (CPU 0/TCG) R ${Array.from({ length: 49 }, (_, i) => i).join(" ")}\n`,
  cpus: "0-3,8,10-11\n",
  devices:
    "Inter-|\n face |\n vnet0:  204468     276    0    0    0     0 0 0   205960     296    0    0    0     0 0 0\n",
  numa: "anon N0=0 N1=49152\nfile N0=0 N1=4194304\n",
};

/** The text with a piece replaced by something else, and the end cut off. */
function damaged(text: string): fc.Arbitrary<string> {
  return fc
    .tuple(fc.nat(text.length), fc.nat(8), fc.string({ maxLength: 8 }), fc.nat(text.length))
    .map(([at, length, other, end]) => (text.slice(0, at) + other + text.slice(at + length)).slice(0, end));
}

test.each([
  ["schedstat", real.schedstat, (text: string) => parseSchedstat("f", text)],
  ["stat", real.stat, (text: string) => parseTaskStat("f", text)],
  ["a list of CPUs", real.cpus, (text: string) => parseCpuList(text, "f")],
  ["/proc/net/dev", real.devices, (text: string) => parseNetDev(text, devices)],
  ["memory.numa_stat", real.numa, (text: string) => parseNumaStat("f", text)],
] as const)("damaged %s is read or is a ParseError", (_, text, parse) => {
  fc.assert(
    fc.property(damaged(text), (bad) => {
      try {
        parse(bad);
      } catch (error) {
        expect(error).toBeInstanceOf(ParseError);
      }
    }),
    { numRuns: RUNS },
  );
});

import { assemble } from "../../../src/kernel/bpf/assembler.ts";
import {
  compute,
  type Instruction,
  jump,
  jumpIf,
  label,
  leave,
  load,
  lookup,
  move,
  store,
} from "../../../src/kernel/bpf/instructions.ts";

/** One instruction a line, as `llvm-objdump -d` prints its bytes. */
function hex(program: readonly Instruction[]): string[] {
  return (Buffer.from(assemble(program)).toString("hex").match(/.{16}/g) ?? []).map((line) =>
    (line.match(/../g) ?? []).join(" "),
  );
}

// Bytes as the kernel's documentation of the instruction set (Documentation/bpf/standardization/instruction-set.rst) has them.
test.each<[string, Instruction, string]>([
  ["r2 = *(u64 *)(r1 + 16)", load("r2", "r1", 16), "79 12 10 00 00 00 00 00"],
  ["r1 = *(u32 *)(r6 + 1264)", load("r1", "r6", 1264, 4), "61 61 f0 04 00 00 00 00"],
  ["r1 = *(u16 *)(r6 + 0)", load("r1", "r6", 0, 2), "69 61 00 00 00 00 00 00"],
  ["r1 = *(u8 *)(r6 + 0)", load("r1", "r6", 0, 1), "71 61 00 00 00 00 00 00"],
  ["*(u32 *)(r10 - 4) = r2", store("fp", -4, "r2", 4), "63 2a fc ff 00 00 00 00"],
  ["*(u64 *)(r10 - 8) = 1", store("fp", -8, 1), "7a 0a f8 ff 01 00 00 00"],
  ["w6 = w6", move("r6", "r6", 32), "bc 66 00 00 00 00 00 00"],
  ["r2 = r10", move("r2", "fp"), "bf a2 00 00 00 00 00 00"],
  ["r2 += -8", compute("add", "r2", -8), "07 02 00 00 f8 ff ff ff"],
  ["r0 -= r7", compute("subtract", "r0", "r7"), "1f 70 00 00 00 00 00 00"],
  ["r7 >>= 10", compute("shiftRight", "r7", 10), "77 07 00 00 0a 00 00 00"],
  ["r6 <<= 3", compute("shiftLeft", "r6", 3), "67 06 00 00 03 00 00 00"],
  ["r6 &= 65535", compute("and", "r6", 65535), "57 06 00 00 ff ff 00 00"],
  ["r7 *= 64", compute("multiply", "r7", 64), "27 07 00 00 40 00 00 00"],
])("%s", (_, instruction, bytes) => {
  expect(hex([instruction])).toEqual([bytes]);
});

test("a jump goes as many instructions on as lie between it and its label, of which a map takes two", () => {
  const program = [
    jumpIf("r0", "==", 0, "end"),
    ...lookup(5, -4),
    jumpIf("r7", "<", "r8", "end"),
    jump("end"),
    label("end"),
    ...leave(),
  ];

  expect(hex(program)).toEqual([
    "15 00 07 00 00 00 00 00",
    "bf a2 00 00 00 00 00 00",
    "07 02 00 00 fc ff ff ff",
    "18 11 00 00 05 00 00 00",
    "00 00 00 00 00 00 00 00",
    "85 00 00 00 01 00 00 00",
    "ad 87 01 00 00 00 00 00",
    "05 00 00 00 00 00 00 00",
    "b7 00 00 00 00 00 00 00",
    "95 00 00 00 00 00 00 00",
  ]);
});

test.each([
  ["missing", [jump("end")], "expected the label end after its jump"],
  ["behind the jump", [label("again"), jump("again")], "expected the label again after its jump"],
  ["there twice", [label("end"), label("end")], "the label end is there twice"],
])("a label that is %s is a mistake", (_, program, message) => {
  expect(() => assemble(program)).toThrow(message);
});

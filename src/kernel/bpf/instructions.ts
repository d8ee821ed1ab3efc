/** Registers: r0 results, r1 to r5 arguments of a call (lost by it), r6 to r9 kept, fp the end of 512 bytes of stack. */
export type Register = "r0" | "r1" | "r2" | "r3" | "r4" | "r5" | "r6" | "r7" | "r8" | "r9" | "fp";
export type Width = 1 | 2 | 4 | 8;
export type Arithmetic = keyof typeof arithmetic;
export type Comparison = keyof typeof comparison;

/** One line of a program. A jump names its label; a number that stands for a register's place is a constant of 32 bits. */
export type Instruction =
  | {
      readonly op: "load";
      readonly to: Register;
      readonly from: Register;
      readonly offset: number;
      readonly width: Width;
    }
  | {
      readonly op: "store";
      readonly to: Register;
      readonly offset: number;
      readonly from: Operand;
      readonly width: Width;
    }
  | {
      readonly op: "compute";
      readonly what: Arithmetic;
      readonly to: Register;
      readonly by: Operand;
      readonly bits: 32 | 64;
    }
  | { readonly op: "jump"; readonly label: string; readonly when?: Condition }
  | { readonly op: "label"; readonly name: string }
  | { readonly op: "map"; readonly to: Register; readonly map: number }
  | { readonly op: "call"; readonly helper: number }
  | { readonly op: "exit" };

export type Operand = Register | number;

interface Condition {
  readonly left: Register;
  readonly is: Comparison;
  readonly right: Operand;
}

/** Operations and comparisons with their codes (include/uapi/linux/bpf.h: BPF_ADD, BPF_JEQ, …). */
export const arithmetic = {
  add: 0x00,
  subtract: 0x10,
  multiply: 0x20,
  or: 0x40,
  and: 0x50,
  shiftLeft: 0x60,
  shiftRight: 0x70,
  move: 0xb0,
};
export const comparison = { "==": 0x10, ">": 0x20, ">=": 0x30, "!=": 0x50, "<": 0xa0, "<=": 0xb0 };
/** Numbers of helpers, from enum bpf_func_id (include/uapi/linux/bpf.h). */
const helpers = { lookup: 1, update: 2, monotonicNanos: 5 };
/** BPF_NOEXIST: whoever comes first makes the entry. */
const ONLY_IF_NEW = 1;

/** to = *(from + offset) */
export const load = (to: Register, from: Register, offset: number, width: Width = 8): Instruction => ({
  op: "load",
  to,
  from,
  offset,
  width,
});
/** *(to + offset) = from */
export const store = (to: Register, offset: number, from: Operand, width: Width = 8): Instruction => ({
  op: "store",
  to,
  offset,
  from,
  width,
});
export const compute = (what: Arithmetic, to: Register, by: Operand, bits: 32 | 64 = 64): Instruction => ({
  op: "compute",
  what,
  to,
  by,
  bits,
});
export const move = (to: Register, by: Operand, bits: 32 | 64 = 64): Instruction => compute("move", to, by, bits);
export const jump = (label: string): Instruction => ({ op: "jump", label });
/** Goes on at the label if `left is right`, compared as unsigned numbers of 64 bits. */
export const jumpIf = (left: Register, is: Comparison, right: Operand, label: string): Instruction => ({
  op: "jump",
  label,
  when: { left, is, right },
});
export const label = (name: string): Instruction => ({ op: "label", name });

/** Argument `index` of the tracepoint; `context` is r1 when a program begins. */
export const argument = (to: Register, index: number, context: Register = "r1"): Instruction =>
  load(to, context, 8 * index);

/** Leaves the program; tracepoints ignore its result. */
export const leave = (): Instruction[] => [move("r0", 0), { op: "exit" }];

/** r0 = nanoseconds of the monotonic clock */
export const monotonicNanos = (): Instruction => ({ op: "call", helper: helpers.monotonicNanos });

/** r0 = address of the map's value for the key at fp + keyOffset, or 0 */
export const lookup = (map: number, keyOffset: number): Instruction[] => [
  move("r2", "fp"),
  compute("add", "r2", keyOffset),
  { op: "map", to: "r1", map },
  { op: "call", helper: helpers.lookup },
];

/** Makes an entry from the key and value on the stack, unless there is one or the map is full. */
export const insert = (map: number, keyOffset: number, valueOffset: number): Instruction[] => [
  move("r2", "fp"),
  compute("add", "r2", keyOffset),
  move("r3", "fp"),
  compute("add", "r3", valueOffset),
  move("r4", ONLY_IF_NEW),
  { op: "map", to: "r1", map },
  { op: "call", helper: helpers.update },
];

/** *(address + offset) += by, 64 bits; not atomic, so for memory of one CPU or one thread. Uses `spare`. */
export const addTo = (address: Register, offset: number, by: Operand, spare: Register): Instruction[] => [
  load(spare, address, offset),
  compute("add", spare, by),
  store(address, offset, spare),
];

/** Adds 1 to the value of the key at fp + keyOffset of a hash map, which gets one where it has none. @param oneOffset of 8 free bytes */
export const countKey = (map: number, keyOffset: number, oneOffset: number): Instruction[] => [
  ...lookup(map, keyOffset),
  jumpIf("r0", "==", 0, "new key"),
  ...addTo("r0", 0, 1, "r1"),
  jump("key counted"),
  label("new key"),
  store("fp", oneOffset, 1),
  ...insert(map, keyOffset, oneOffset),
  label("key counted"),
];

import { arithmetic, comparison, type Instruction, type Operand, type Register, type Width } from "./instructions.ts";

const BYTES = 8;
const numbers: Readonly<Record<Register, number>> = {
  r0: 0,
  r1: 1,
  r2: 2,
  r3: 3,
  r4: 4,
  r5: 5,
  r6: 6,
  r7: 7,
  r8: 8,
  r9: 9,
  fp: 10,
};

// Classes, sizes and modes of the opcode byte (include/uapi/linux/bpf_common.h, bpf.h).
const LDX_MEM = 0x61;
const ST_MEM = 0x62;
const STX_MEM = 0x63;
const ALU32 = 0x04;
const ALU64 = 0x07;
const JMP = 0x05;
const BY_REGISTER = 0x08;
const LOAD_64 = 0x18;
const CALL = 0x85;
const EXIT = 0x95;
/** The constant is a map's descriptor, told in the place of the source register. */
const PSEUDO_MAP_FD: Register = "r1";
const sizes: Readonly<Record<Width, number>> = { 4: 0x00, 2: 0x08, 1: 0x10, 8: 0x18 };

/** A 64-bit constant takes two places. */
const placesOf = ({ op }: Instruction): number => (op === "label" ? 0 : op === "map" ? 2 : 1);

/**
 * Machine code of a program, 8 bytes an instruction, for little-endian machines.
 * @throws RangeError for a label that is missing, there twice, or behind the jump: such programs are mistakes of ours
 */
export function assemble(program: readonly Instruction[]): Uint8Array<ArrayBuffer> {
  const places = placesOfLabels(program);
  const code = new Uint8Array(program.reduce((sum, line) => sum + placesOf(line), 0) * BYTES);
  const view = new DataView(code.buffer);
  let place = 0;

  function write(opcode: number, to: Register, from: Register, offset: number, constant: number): void {
    const at = place++ * BYTES;
    view.setUint8(at, opcode);
    view.setUint8(at + 1, numbers[to] | (numbers[from] << 4));
    view.setInt16(at + 2, offset, true);
    view.setInt32(at + 4, constant, true);
  }

  /** An operation whose second operand is a register, told by a bit of the opcode, or a constant. */
  function writeOperand(opcode: number, to: Register, by: Operand, offset: number): void {
    if (typeof by === "number") write(opcode, to, "r0", offset, by);
    else write(opcode | BY_REGISTER, to, by, offset, 0);
  }

  function distance(label: string): number {
    const target = places.get(label);
    if (target === undefined || target <= place) throw new RangeError(`expected the label ${label} after its jump`);
    return target - place - 1;
  }

  for (const line of program) {
    switch (line.op) {
      case "load":
        write(LDX_MEM | sizes[line.width], line.to, line.from, line.offset, 0);
        break;
      case "store":
        if (typeof line.from === "number") write(ST_MEM | sizes[line.width], line.to, "r0", line.offset, line.from);
        else write(STX_MEM | sizes[line.width], line.to, line.from, line.offset, 0);
        break;
      case "compute":
        writeOperand((line.bits === 64 ? ALU64 : ALU32) | arithmetic[line.what], line.to, line.by, 0);
        break;
      case "jump":
        if (line.when) {
          const { left, is, right } = line.when;
          writeOperand(JMP | comparison[is], left, right, distance(line.label));
        } else write(JMP, "r0", "r0", distance(line.label), 0);
        break;
      case "map":
        write(LOAD_64, line.to, PSEUDO_MAP_FD, 0, line.map);
        place++;
        break;
      case "call":
        write(CALL, "r0", "r0", 0, line.helper);
        break;
      case "exit":
        write(EXIT, "r0", "r0", 0, 0);
        break;
      case "label":
        break;
    }
  }
  return code;
}

function placesOfLabels(program: readonly Instruction[]): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  let place = 0;
  for (const line of program) {
    if (line.op === "label") {
      if (places.has(line.name)) throw new RangeError(`the label ${line.name} is there twice`);
      places.set(line.name, place);
    }
    place += placesOf(line);
  }
  return places;
}

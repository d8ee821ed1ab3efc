// Netlink speaks the machine's own byte order, in messages that begin anywhere: typed arrays would insist on alignment, and a
// view for each of a hundred thousand numbers takes longer than the kernel does. What lies beyond the end reads as 0.
const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function join(first: number, second: number, factor: number): number {
  return littleEndian ? second * factor + first : first * factor + second;
}

export function readU16(bytes: Uint8Array, at: number): number {
  return join(bytes[at] ?? 0, bytes[at + 1] ?? 0, 2 ** 8);
}

export function readU32(bytes: Uint8Array, at: number): number {
  return join(readU16(bytes, at), readU16(bytes, at + 2), 2 ** 16);
}

/** 64 bits; above 2^53 the low ones are lost, which no rate notices. */
export function readU64(bytes: Uint8Array, at: number): number {
  return join(readU32(bytes, at), readU32(bytes, at + 4), 2 ** 32);
}

export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  new DataView(bytes.buffer, bytes.byteOffset).setUint16(at, value, littleEndian);
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(at, value, littleEndian);
}

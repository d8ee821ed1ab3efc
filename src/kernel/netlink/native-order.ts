// Netlink speaks the machine's own byte order, in messages that begin anywhere: typed arrays would insist on alignment.
const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** @throws RangeError beyond the end, as all readers here: check first */
export function readU16(bytes: Uint8Array, at: number): number {
  return viewOf(bytes).getUint16(at, littleEndian);
}

export function readU32(bytes: Uint8Array, at: number): number {
  return viewOf(bytes).getUint32(at, littleEndian);
}

/** 64 bits; above 2^53 the low ones are lost, which no rate notices. */
export function readU64(bytes: Uint8Array, at: number): number {
  const [first, second] = [readU32(bytes, at), readU32(bytes, at + 4)];
  return littleEndian ? second * 2 ** 32 + first : first * 2 ** 32 + second;
}

export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  viewOf(bytes).setUint16(at, value, littleEndian);
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  viewOf(bytes).setUint32(at, value, littleEndian);
}

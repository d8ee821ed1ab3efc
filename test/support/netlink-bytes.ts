/** Messages of netlink as a kernel lays them out, for tests. All machines that run them are little-endian. */

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array((bytes.length + 3) & ~3);
  whole.set(bytes);
  return whole;
}

export function u16(value: number): Uint8Array {
  return new Uint8Array(Uint16Array.of(value).buffer);
}

export function u32(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

export function u64(...values: bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(values).buffer);
}

export function text(value: string): Uint8Array {
  return new TextEncoder().encode(`${value}\0`);
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** One attribute; its value is the parts behind each other, such as attributes within. */
export function attribute(type: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const value = concat(...parts);
  return concat(u16(4 + value.length), u16(type), padded(value));
}

export function message(type: number, payload: Uint8Array, { flags = 2, sequence = 0 } = {}): Uint8Array {
  return concat(u32(16 + payload.length), u16(type), u16(flags), u32(sequence, 0), padded(payload));
}

/** The end of a dump. @param error 0, or the kernel's negative number */
export function done(error = 0, options: { readonly flags?: number; readonly sequence?: number } = {}): Uint8Array {
  return message(3, u32(error >>> 0), options);
}

import { ParseError } from "../../kernel/host.ts";

/** External Data Representation (RFC 4506): big-endian, everything padded to four bytes. */

const utf8 = new TextDecoder();
const TWO_32 = 2 ** 32;

function padded(length: number): number {
  return 4 * Math.ceil(length / 4);
}

/** A cursor that never reads behind the end. @throws ParseError with the place where bytes are missing or make no sense */
export class XdrReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #take(length: number): number {
    const at = this.#at;
    const left = this.#bytes.length - at;
    if (length > left) this.fail(`${length} more bytes`, `${left}`, at);
    this.#at = at + length;
    return at;
  }

  /** @throws ParseError */
  fail(expected: string, found: string, at = this.#at): never {
    throw new ParseError(`libvirt's answer, byte ${at}: expected ${expected}, got ${found}`);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4));
  }

  /** Above 2^53 the low bits are lost, which no rate shows. */
  u64(): number {
    const at = this.#take(8);
    return this.#view.getUint32(at) * TWO_32 + this.#view.getUint32(at + 4);
  }

  i64(): number {
    const at = this.#take(8);
    return this.#view.getInt32(at) * TWO_32 + this.#view.getUint32(at + 4);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8));
  }

  opaque(length: number): Uint8Array {
    const at = this.#take(padded(length));
    return this.#bytes.subarray(at, at + length);
  }

  string(): string {
    return utf8.decode(this.opaque(this.u32()));
  }

  optional<T>(read: () => T): T | undefined {
    return this.u32() === 0 ? undefined : read();
  }

  /** The length of an array, so that a hostile one is refused before anything is read. */
  count(most: number): number {
    const at = this.#at;
    const count = this.u32();
    return count <= most ? count : this.fail(`at most ${most} entries`, `${count}`, at);
  }
}

export function xdrU32(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setUint32(4 * i, value);
  return bytes;
}

export function xdrOpaque(value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(padded(value.length));
  bytes.set(value);
  return bytes;
}

export function xdrString(text: string): Uint8Array {
  const value = new TextEncoder().encode(text);
  return Buffer.concat([xdrU32(value.length), xdrOpaque(value)]);
}

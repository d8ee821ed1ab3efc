import { ParseError } from "../host.ts";

/** A tracepoint as programs see it. */
export interface TracepointType {
  /** Of the typedef `btf_trace_NAME`; programs that read the kernel's structs by their types are attached by it. */
  readonly typeId: number;
  /** Names of its arguments, in order; a program finds them 8 bytes apart. */
  readonly arguments: readonly string[];
}

/** What the running kernel says of its own types (BTF). A name that it does not know is undefined. */
export interface KernelTypes {
  tracepoint(name: string): TracepointType | undefined;
  /** Bytes from the beginning of a struct to one of its members, also of members of nameless structs and unions in it. */
  offsetOf(struct: string, member: string): number | undefined;
  /** Values of an enum with their names. */
  enumeration(name: string): ReadonlyMap<number, string> | undefined;
}

// Documentation/bpf/btf.rst: a header, types of varying length, strings that end with 0. A type is known by its place in the
// sequence, from 1; a member, argument or value follows its type. All integers are in the machine's order.
const MAGIC = 0xeb9f;
const HEADER_BYTES = 24;
const INT = 1;
const ARRAY = 3;
const STRUCT = 4;
const UNION = 5;
const ENUM = 6;
const TYPEDEF = 8;
const VOLATILE = 9;
const CONST = 10;
const RESTRICT = 11;
const FUNC = 12;
const FUNC_PROTO = 13;
const VAR = 14;
const DATASEC = 15;
const DECL_TAG = 17;
const TYPE_TAG = 18;
const ENUM64 = 19;
/** 32-bit words after the three of every type: once, and for each member. */
const wordsOnce: Readonly<Record<number, number>> = { [INT]: 1, [ARRAY]: 3, [VAR]: 1, [DECL_TAG]: 1 };
const wordsEach: Readonly<Record<number, number>> = {
  [STRUCT]: 3,
  [UNION]: 3,
  [ENUM]: 2,
  [FUNC_PROTO]: 2,
  [DATASEC]: 3,
  [ENUM64]: 3,
};
const TYPE_WORDS = 3;
const MODIFIERS = new Set([TYPEDEF, VOLATILE, CONST, RESTRICT, TYPE_TAG]);
/** Qualifiers of one type follow each other a few deep; more is no kernel's. */
const MAX_DEPTH = 32;

/**
 * Reads /sys/kernel/btf/NAME. Keeps `file`, several megabytes, for as long as the result is kept.
 * @param baseStringBytes where NAME is a module: `stringBytes` of vmlinux, behind which the module's own strings begin
 * @throws ParseError
 */
export function parseBtf(
  file: Uint8Array,
  where: string,
  baseStringBytes = 0,
): KernelTypes & { readonly stringBytes: number } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < HEADER_BYTES || view.getUint16(0, true) !== MAGIC) {
    throw new ParseError(`${where}: expected BTF with the magic 0xeb9f, found ${file.length} bytes of something else`);
  }
  const header = (word: number) => view.getUint32(4 * word, true);
  const [headerBytes, typeOffset, typeBytes, stringOffset, stringBytes] = [1, 2, 3, 4, 5].map(header) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const firstType = headerBytes + typeOffset;
  const firstString = headerBytes + stringOffset;
  if (
    firstType + typeBytes > file.length ||
    firstString + stringBytes > file.length ||
    (file.byteOffset + firstType) % 4
  ) {
    throw new ParseError(`${where}: expected types and strings within ${file.length} bytes, found them beyond`);
  }
  const words = new Uint32Array(file.buffer, file.byteOffset + firstType, typeBytes >> 2);
  const strings = Buffer.from(file.buffer, file.byteOffset + firstString, stringBytes);
  let index: Uint32Array | undefined;

  /** Where each type begins, in words; the first has the number 1, or in a module that after vmlinux' last. */
  function places(): Uint32Array {
    index ??= indexOf(words, where);
    return index;
  }
  const word = (at: number): number => words[at] ?? 0;
  const kindAt = (at: number): number => (word(at + 1) >>> 24) & 0x1f;
  const countAt = (at: number): number => word(at + 1) & 0xffff;

  function text(offset: number): string {
    const at = offset - baseStringBytes;
    if (at < 0 || at >= stringBytes) return "";
    return strings.toString("latin1", at, strings.indexOf(0, at));
  }

  /** Each string is there once, so a name is one number. */
  function find(name: string, ...kinds: number[]): { readonly at: number; readonly id: number } | undefined {
    // A string ends where the one before it did; before a module's first there is none.
    const first = strings.toString("latin1", 0, name.length + 1) === `${name}\0`;
    const found = first ? 0 : strings.indexOf(`\0${name}\0`, 0, "latin1") + 1;
    if (!first && found === 0) return undefined;
    const nameOffset = found + baseStringBytes;
    const all = places();
    for (let i = 0; i < all.length; i++) {
      const at = all[i] as number;
      if (words[at] === nameOffset && kinds.includes(kindAt(at))) return { at, id: i + 1 };
    }
    return undefined;
  }

  /** Where the type with this number begins, behind qualifiers and other names. */
  function plain(id: number): number | undefined {
    let at = places()[id - 1];
    for (let depth = 0; at !== undefined && MODIFIERS.has(kindAt(at)); depth++) {
      if (depth > MAX_DEPTH) return undefined;
      at = places()[word(at + 2) - 1];
    }
    return at;
  }

  function bitOffset(at: number, member: string, walked: Set<number>): number | undefined {
    if (walked.has(at) || (kindAt(at) !== STRUCT && kindAt(at) !== UNION)) return undefined;
    walked.add(at);
    // With this bit set, the upper 8 bits of an offset are the width of a bit field.
    const hasWidths = word(at + 1) >>> 31 === 1;
    for (let i = 0; i < countAt(at); i++) {
      const entry = at + TYPE_WORDS + 3 * i;
      const bits = hasWidths ? word(entry + 2) & 0xffffff : word(entry + 2);
      const name = text(word(entry));
      if (name === member) return bits;
      if (name !== "") continue;
      const inner = plain(word(entry + 1));
      const within = inner === undefined ? undefined : bitOffset(inner, member, walked);
      if (within !== undefined) return bits + within;
    }
    return undefined;
  }

  return {
    stringBytes: baseStringBytes + stringBytes,
    tracepoint(name) {
      const type = find(`btf_trace_${name}`, TYPEDEF);
      // Only functions keep the names of arguments; the first is the tracepoint's own.
      const call = find(`__bpf_trace_${name}`, FUNC) ?? find(`__traceiter_${name}`, FUNC);
      const prototype = call && plain(word(call.at + 2));
      if (!type || prototype === undefined) return undefined;
      const names = Array.from({ length: countAt(prototype) }, (_, i) => text(word(prototype + TYPE_WORDS + 2 * i)));
      return { typeId: type.id, arguments: names.slice(1) };
    },
    offsetOf(struct, member) {
      const found = find(struct, STRUCT, UNION);
      const bits = found && bitOffset(found.at, member, new Set());
      return bits === undefined ? undefined : bits / 8;
    },
    enumeration(name) {
      const found = find(name, ENUM, ENUM64);
      if (!found) return undefined;
      const step = wordsEach[kindAt(found.at)] ?? 0;
      const entries = Array.from({ length: countAt(found.at) }, (_, i): [number, string] => {
        const entry = found.at + TYPE_WORDS + step * i;
        return [word(entry + 1), text(word(entry))];
      });
      return new Map(entries);
    },
  };
}

/** @throws ParseError where the types do not end where they should */
function indexOf(words: Uint32Array, where: string): Uint32Array {
  let found = new Uint32Array(1 << 16);
  let count = 0;
  let at = 0;
  while (at < words.length) {
    if (count === found.length) {
      const larger = new Uint32Array(2 * count);
      larger.set(found);
      found = larger;
    }
    found[count++] = at;
    const info = words[at + 1] ?? 0;
    const kind = (info >>> 24) & 0x1f;
    at += TYPE_WORDS + (wordsOnce[kind] ?? 0) + (wordsEach[kind] ?? 0) * (info & 0xffff);
  }
  if (at !== words.length)
    throw new ParseError(`${where}: expected the last type to end at word ${words.length}, found ${at}`);
  return found.subarray(0, count);
}

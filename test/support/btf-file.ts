/** A type as a test writes it: its kind, its name, and the word that is its size or another type. */
export interface TypeRecord {
  readonly kind: number;
  readonly name?: string;
  readonly value?: number;
  /** Words behind it; a string stands for its place among the strings. */
  readonly words?: readonly (string | number)[];
  /** Members, values or arguments among these words. */
  readonly count?: number;
  /** Do members have widths, as bit fields do? */
  readonly widths?: boolean;
}

/** Bytes of a BTF file. @param base bytes of vmlinux' strings where the file is a module's: offsets count on behind them */
export function btfFile(types: readonly TypeRecord[], base = 0): Uint8Array {
  const places = new Map<string, number>();
  let strings = base === 0 ? "\0" : "";
  function place(value: string | number): number {
    if (typeof value === "number" || value === "") return Number(value);
    const known = places.get(value);
    if (known !== undefined) return known;
    const at = base + strings.length;
    places.set(value, at);
    strings += `${value}\0`;
    return at;
  }
  const words = types.flatMap(({ kind, name = "", value = 0, words = [], count = 0, widths = false }) => [
    place(name),
    (((widths ? 0x80 : 0) | kind) << 24) | count,
    value,
    ...words.map(place),
  ]);
  const header = [24, 0, 4 * words.length, 4 * words.length, strings.length];
  const file = Buffer.alloc(24 + 4 * words.length + strings.length);
  file.writeUInt16LE(0xeb9f, 0);
  for (const [i, word] of [...header, ...words].entries()) file.writeInt32LE(word | 0, 4 + 4 * i);
  file.write(strings, 24 + 4 * words.length, "latin1");
  return new Uint8Array(file);
}

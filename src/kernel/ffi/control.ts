/** Control messages (cmsg(3)) as words of memory: size_t cmsg_len, int cmsg_level, int cmsg_type, then the value. */
export const CMSG_HEADER_WORDS = 4;
const CMSG_HEADER_BYTES = CMSG_HEADER_WORDS * 4;

/**
 * Where the control message that begins at `at` gives way to the next one.
 * @param end of all of them; like `at` an index of words
 * @returns -1 where no whole one is
 */
export function endOfControl(words: Uint32Array, at: number, end: number): number {
  if (at + CMSG_HEADER_WORDS > end) return -1;
  const bytes = words[at] as number;
  return bytes < CMSG_HEADER_BYTES || at + bytes / 4 > end ? -1 : at + 2 * Math.ceil(bytes / 8);
}

/** Does the control message at `at` hold a value of at least so many bytes? */
export function hasValue(words: Uint32Array, at: number, bytes: number): boolean {
  return (words[at] as number) >= CMSG_HEADER_BYTES + bytes;
}

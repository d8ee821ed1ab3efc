import { ParseError } from "../../kernel/host.ts";

// The structs of linux/ethtool.h, in the machine's own byte order, which typed arrays have too.

const DRVINFO = { command: 0x03, bytes: 196 };
const RINGPARAM = { command: 0x10, bytes: 36 };
const STRINGS = { command: 0x1b, headerBytes: 12 };
const STATS = { command: 0x1d, headerBytes: 8 };
const SSET_INFO = { command: 0x37, bytes: 20 };
const FEATURES = { command: 0x3a, headerBytes: 8, blockWords: 4, activeWord: 2 };
const CHANNELS = { command: 0x3c, bytes: 36 };
const VALUE_BYTES = 8;
const STRING_BYTES = 32;
/** More strings than any driver has; a count above it is a broken answer, not a reason to allocate gigabytes. */
const MAX_STRINGS = 65_536;

/** enum ethtool_stringset. */
export const stringSets = { statistics: 1, features: 4 } as const;

/** Queues or descriptors of one direction; `max` is 0 where the driver has none of the kind. */
export interface Capacity {
  readonly now: number;
  readonly max: number;
}

function request(bytes: number, ...words: readonly number[]): Uint8Array {
  const array = new Uint32Array(Math.ceil(bytes / 4));
  array.set(words);
  return new Uint8Array(array.buffer, 0, bytes);
}

/** Copies, because the answer's own memory need not be aligned. */
function wordsOf(struct: string, bytes: Uint8Array, atLeast: number): Uint32Array {
  if (bytes.length < atLeast) {
    throw new ParseError(`ethtool ${struct}: expected ${atLeast} bytes, got ${bytes.length}`);
  }
  return new Uint32Array(bytes.slice(0, bytes.length - (bytes.length % 4)).buffer);
}

function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return String.fromCharCode(...bytes.subarray(0, end < 0 ? bytes.length : end)).trim();
}

export function driverRequest(): Uint8Array {
  return request(DRVINFO.bytes, DRVINFO.command);
}

export function parseDriver(answer: Uint8Array): string {
  wordsOf("drvinfo", answer, DRVINFO.bytes);
  return text(answer.subarray(4, 4 + STRING_BYTES));
}

export function ringRequest(): Uint8Array {
  return request(RINGPARAM.bytes, RINGPARAM.command);
}

export function parseRings(answer: Uint8Array): { readonly receive: Capacity; readonly transmit: Capacity } {
  const w = wordsOf("ringparam", answer, RINGPARAM.bytes);
  return { receive: { now: w[5] ?? 0, max: w[1] ?? 0 }, transmit: { now: w[8] ?? 0, max: w[4] ?? 0 } };
}

export function channelsRequest(): Uint8Array {
  return request(CHANNELS.bytes, CHANNELS.command);
}

export interface Channels {
  readonly receive: Capacity;
  readonly transmit: Capacity;
  readonly combined: Capacity;
}

export function parseChannels(answer: Uint8Array): Channels {
  const w = wordsOf("channels", answer, CHANNELS.bytes);
  return {
    receive: { now: w[5] ?? 0, max: w[1] ?? 0 },
    transmit: { now: w[6] ?? 0, max: w[2] ?? 0 },
    combined: { now: w[8] ?? 0, max: w[4] ?? 0 },
  };
}

/** Asks how many strings a set has. */
export function stringCountRequest(set: number): Uint8Array {
  const bytes = request(SSET_INFO.bytes, SSET_INFO.command);
  new BigUint64Array(bytes.buffer, 8, 1)[0] = 1n << BigInt(set);
  return bytes;
}

/** 0 where the driver has no such set: the kernel clears the bit that we asked for. @throws ParseError above 65,536 */
export function parseStringCount(answer: Uint8Array): number {
  const w = wordsOf("sset_info", answer, SSET_INFO.bytes);
  if (w[2] === 0 && w[3] === 0) return 0;
  const count = w[4] ?? 0;
  if (count > MAX_STRINGS)
    throw new ParseError(`ethtool sset_info: expected at most ${MAX_STRINGS} strings, got ${count}`);
  return count;
}

export function stringsRequest(set: number, count: number): Uint8Array {
  return request(STRINGS.headerBytes + STRING_BYTES * count, STRINGS.command, set, count);
}

/** Names without the blanks that some drivers indent them with. */
export function parseStrings(answer: Uint8Array): string[] {
  const count = wordsOf("gstrings", answer, STRINGS.headerBytes)[2] ?? 0;
  const room = Math.floor((answer.length - STRINGS.headerBytes) / STRING_BYTES);
  return Array.from({ length: Math.min(count, room) }, (_, i) => {
    const start = STRINGS.headerBytes + STRING_BYTES * i;
    return text(answer.subarray(start, start + STRING_BYTES));
  });
}

export function statisticsRequest(count: number): Uint8Array {
  return request(STATS.headerBytes + 8 * count, STATS.command, count);
}

/** 64-bit counters; above 2^53 the low bits are lost, which no rate notices. */
export function parseStatistics(answer: Uint8Array): number[] {
  const count = wordsOf("stats", answer, STATS.headerBytes)[1] ?? 0;
  const room = Math.floor((answer.length - STATS.headerBytes) / 8);
  const values = new BigUint64Array(
    answer.slice(STATS.headerBytes, STATS.headerBytes + 8 * Math.min(count, room)).buffer,
  );
  return Array.from(values, Number);
}

export function featuresRequest(count: number): Uint8Array {
  const blocks = Math.ceil(count / 32);
  return request(FEATURES.headerBytes + 4 * FEATURES.blockWords * blocks, FEATURES.command, blocks);
}

/** Names of the features that are active now; bit N of the blocks is string N. */
export function parseActiveFeatures(answer: Uint8Array, names: readonly string[]): ReadonlySet<string> {
  const w = wordsOf("gfeatures", answer, FEATURES.headerBytes);
  const isActive = (bit: number): boolean => {
    const word = FEATURES.headerBytes / 4 + FEATURES.blockWords * Math.floor(bit / 32) + FEATURES.activeWord;
    return (((w[word] ?? 0) >>> (bit % 32)) & 1) === 1;
  };
  return new Set(names.filter((_, bit) => isActive(bit)));
}

/** struct ethtool_value: the commands that each know one flag. */
export function valueRequest(command: number): Uint8Array {
  return request(VALUE_BYTES, command);
}

export function parseValue(answer: Uint8Array): number {
  return wordsOf("value", answer, VALUE_BYTES)[1] ?? 0;
}

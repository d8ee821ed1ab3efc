import { ParseError } from "../../kernel/host.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** The bit in which a square bracket differs from a curly one. */
const CURLY = 0x20;
const OPENING = 0x7b;
const CLOSING = 0x7d;
const WHITESPACE = new Set([0x09, 0x0a, 0x0d, 0x20]);

export interface JsonSplitter {
  /**
   * Takes the next bytes of the stream. @returns the values that are complete now
   * @throws ParseError where the stream is no sequence of objects and arrays
   */
  push(bytes: Uint8Array): unknown[];
}

function parse(place: string, bytes: Uint8Array): unknown {
  const text = new TextDecoder().decode(bytes);
  try {
    return JSON.parse(text);
  } catch {
    throw new ParseError(`${place}: expected JSON, found ${text.slice(0, 60)}`);
  }
}

/**
 * Cuts a stream of JSON objects and arrays that nothing separates (RFC 7047, section 4): a value ends with the bracket that
 * closes its first one. Each byte is looked at once. No byte of a longer UTF-8 character is taken for a bracket or a quote.
 * @param place names the stream in errors @param maxBytes of the whole stream
 */
export function createJsonSplitter(place: string, maxBytes: number): JsonSplitter {
  let pieces: Uint8Array[] = [];
  let total = 0;
  let depth = 0;
  let inString = false;
  let escaped = false;

  /** @returns the index after the byte that ends the value begun; undefined where that is still to come */
  function endOfValue(bytes: Uint8Array, from: number): number | undefined {
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
      } else if (byte === QUOTE && depth > 0) inString = true;
      else if ((byte | CURLY) === OPENING) depth++;
      else if (depth === 0) {
        if (WHITESPACE.has(byte)) continue;
        throw new ParseError(`${place}: expected an object in JSON, found the byte 0x${byte.toString(16)}`);
      } else if ((byte | CURLY) === CLOSING && --depth === 0) return at + 1;
    }
    return undefined;
  }

  return {
    push(bytes) {
      total += bytes.length;
      if (total > maxBytes) throw new ParseError(`${place}: expected at most ${maxBytes} bytes, found more`);
      const values: unknown[] = [];
      for (let start = 0; start < bytes.length; ) {
        const end = endOfValue(bytes, start);
        pieces.push(bytes.subarray(start, end));
        if (end === undefined) break;
        values.push(parse(place, Buffer.concat(pieces)));
        pieces = [];
        start = end;
      }
      return values;
    },
  };
}

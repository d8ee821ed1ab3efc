import { ParseError } from "../host.ts";
import { aligned } from "./message.ts";
import { readU16, readU32, readU64 } from "./native-order.ts";

/** Values by type; of a type that comes twice, the last. */
export type Attributes = ReadonlyMap<number, Uint8Array>;

// struct nlattr: u16 length with the header, u16 type, whose upper two bits are flags.
const HEADER_BYTES = 4;
const TYPE_MASK = 0x3fff;

const none: Attributes = new Map();
const decoder = new TextDecoder();

/**
 * A row of attributes (netlink(7)); the values are views of `bytes`.
 * @param what is described, for the error
 * @param wanted types; all without it. An interface has sixty, and a view costs more than all else here.
 * @throws ParseError where a length leads nowhere
 */
export function readAttributes(bytes: Uint8Array, what: string, wanted?: ReadonlySet<number>): Attributes {
  const attributes = new Map<number, Uint8Array>();
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const length = readU16(bytes, at);
    if (length < HEADER_BYTES || at + length > bytes.length) {
      throw new ParseError(
        `netlink ${what}, attribute at ${at}: expected ${HEADER_BYTES} to ${bytes.length - at} bytes, got ${length}`,
      );
    }
    const type = readU16(bytes, at + 2) & TYPE_MASK;
    if (!wanted || wanted.has(type)) attributes.set(type, bytes.subarray(at + HEADER_BYTES, at + length));
    at += aligned(length);
  }
  return attributes;
}

/** The attributes within an attribute; none where it is not there. @throws ParseError as readAttributes does */
export function nested(attributes: Attributes, type: number, what: string): Attributes {
  const value = attributes.get(type);
  return value === undefined ? none : readAttributes(value, what);
}

/** Undefined where the attribute is missing or shorter than its type: a kernel that has it otherwise does not have it. */
export function u8Of(attributes: Attributes, type: number): number | undefined {
  return attributes.get(type)?.[0];
}

export function u32Of(attributes: Attributes, type: number): number | undefined {
  return u32At(attributes.get(type), 0);
}

export function u64Of(attributes: Attributes, type: number): number | undefined {
  return u64At(attributes.get(type), 0);
}

/** A field of a struct, which newer kernels append to: undefined where this one's ends before it. */
export function u32At(struct: Uint8Array | undefined, at: number): number | undefined {
  return struct !== undefined && at + 4 <= struct.length ? readU32(struct, at) : undefined;
}

export function u64At(struct: Uint8Array | undefined, at: number): number | undefined {
  return struct !== undefined && at + 8 <= struct.length ? readU64(struct, at) : undefined;
}

/** Text up to its zero; empty where the attribute is missing. */
export function textOf(attributes: Attributes, type: number): string {
  const value = attributes.get(type);
  if (value === undefined) return "";
  const end = value.indexOf(0);
  return decoder.decode(end < 0 ? value : value.subarray(0, end));
}

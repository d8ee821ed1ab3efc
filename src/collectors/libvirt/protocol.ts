import type { Stat } from "./parse.ts";
import { XdrReader, xdrOpaque, xdrString, xdrU32 } from "./xdr.ts";

/** The calls that we make, of libvirt's src/remote/remote_protocol.x. They are the same since its version 1. */
export const REMOTE_PROGRAM = 0x20008086;
export const KEEPALIVE_PROGRAM = 0x6b656570;
export const PROTOCOL_VERSION = 1;

export interface Procedure {
  readonly number: number;
  /** For messages: libvirt was asked for … */
  readonly what: string;
}

export const procedures = {
  connectOpen: { number: 1, what: "a connection" },
  domainXml: { number: 14, what: "the description of a machine" },
  authList: { number: 66, what: "its ways to authenticate" },
  authPolkit: { number: 70, what: "polkit's permission" },
  allDomainStats: { number: 344, what: "its statistics" },
} as const satisfies Record<string, Procedure>;

export const keepalive = { ping: 1, pong: 2 } as const;
export const authType = { none: 0, sasl: 1, polkit: 2 } as const;

const OPEN_READ_ONLY = 1;
const STATS_STATE = 1;
const STATS_BALLOON = 4;
const STATS_VCPU = 8;
const STATS_INTERFACE = 16;
const STATS_ACTIVE = 1;
/** Since libvirt 4.5: of a machine that another call waits for, tell what is known without asking its QEMU. */
const STATS_NOWAIT = 1 << 29;

/** Limits of remote_protocol.x. */
const MAX_AUTH_TYPES = 20;
const MAX_STATS = 262_144;

/** What names an active domain to libvirt. */
export interface DomainRef {
  readonly name: string;
  /** Lower case, with dashes. */
  readonly uuid: string;
  /** Another one at each start. */
  readonly id: number;
}

export function encodeOpen(uri: string): Uint8Array {
  return Buffer.concat([xdrU32(1), xdrString(uri), xdrU32(OPEN_READ_ONLY)]);
}

export function encodeAllDomainStats(): Uint8Array {
  const groups = STATS_STATE | STATS_BALLOON | STATS_VCPU | STATS_INTERFACE;
  return xdrU32(0, groups, STATS_ACTIVE | STATS_NOWAIT);
}

export function encodeDomainXml({ name, uuid, id }: DomainRef): Uint8Array {
  return Buffer.concat([xdrString(name), xdrOpaque(uuidBytes(uuid)), xdrU32(id, 0)]);
}

export function decodeAuthTypes(body: Uint8Array): number[] {
  const reader = new XdrReader(body);
  return Array.from({ length: reader.count(MAX_AUTH_TYPES) }, () => reader.i32());
}

export function decodeXml(body: Uint8Array): string {
  return new XdrReader(body).string();
}

/** virNetMessageError; what follows the text does not matter to us. */
export function decodeError(body: Uint8Array): { readonly code: number; readonly text: string } {
  const reader = new XdrReader(body);
  const code = reader.i32();
  reader.i32(); // the part of libvirt that it came from
  return { code, text: reader.optional(() => reader.string()) ?? `error ${code}` };
}

/** One record at a time: a host of 500 machines has 80,000 values. */
export function* decodeAllDomainStats(
  body: Uint8Array,
): Generator<{ readonly domain: DomainRef; readonly stats: readonly Stat[] }, void, undefined> {
  const reader = new XdrReader(body);
  const records = reader.count(MAX_STATS);
  for (let record = 0; record < records; record++) {
    const domain = { name: reader.string(), uuid: formatUuid(reader.opaque(16)), id: reader.i32() };
    yield { domain, stats: Array.from({ length: reader.count(MAX_STATS) }, () => readStat(reader)) };
  }
}

/** A typed parameter: name, type, value. */
function readStat(reader: XdrReader): Stat {
  const name = reader.string();
  const type = reader.i32();
  switch (type) {
    case 1:
    case 6: // a boolean
      return [name, reader.i32()];
    case 2:
      return [name, reader.u32()];
    case 3:
      return [name, reader.i64()];
    case 4:
      return [name, reader.u64()];
    case 5:
      return [name, reader.f64()];
    case 7:
      return [name, reader.string()];
    default:
      return reader.fail(`a type from 1 to 7 for ${name}`, `${type}`);
  }
}

function formatUuid(bytes: Uint8Array): string {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function uuidBytes(uuid: string): Uint8Array {
  return Uint8Array.from(uuid.replaceAll("-", "").match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

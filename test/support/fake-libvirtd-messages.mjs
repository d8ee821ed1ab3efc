/** Messages of libvirt's remote protocol as a server writes them, without a line of the client that it is used against. */

export const REMOTE = 0x20008086;
export const KEEPALIVE = 0x6b656570;
export const OPEN = 1;
export const DOMAIN_XML = 14;
export const AUTH_LIST = 66;
export const AUTH_POLKIT = 70;
export const ALL_STATS = 344;
/** Other clients ask for one thing at a time. */
export const DOMAIN_INFO = 16;
export const LOOKUP_BY_ID = 22;
export const LIST_DOMAINS = 37;
export const INTERFACE_STATS = 65;

export function u32(...values) {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, 4 * i);
  return bytes;
}

export function u64(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

export function string(text) {
  const bytes = Buffer.from(text);
  return Buffer.concat([u32(bytes.length), bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

/** Types as libvirt sends them: 1 int, 2 unsigned int, 4 unsigned long long, 7 string. */
function stat([name, value]) {
  if (typeof value === "string") return Buffer.concat([string(name), u32(7), string(value)]);
  if (/\.state$|\.reason$/.test(name)) return Buffer.concat([string(name), u32(1, value)]);
  if (/^vcpu\.(current|maximum)$|\.count$/.test(name)) return Buffer.concat([string(name), u32(2, value)]);
  return Buffer.concat([string(name), u32(4), u64(value)]);
}

export const reference = ({ name, uuid, id }) =>
  Buffer.concat([string(name), Buffer.from(uuid.replaceAll("-", ""), "hex"), u32(id)]);

export function record(domain) {
  return Buffer.concat([reference(domain), u32(domain.stats.length), ...domain.stats.map(stat)]);
}

export function message(
  call,
  body,
  { type = 1, status = 0, serial = call.serial, program = REMOTE, procedure = call.procedure } = {},
) {
  return Buffer.concat([u32(28 + body.length, program, 1, procedure, type, serial, status), body]);
}

export function failure(call, code, text) {
  const rest = u32(2, 0, 0, 0, 0, 0, 0, 0); // level; no domain, no further texts, two numbers, no network
  return message(call, Buffer.concat([u32(code, 7, 1), string(text), rest]), { status: 1 });
}

/** What QEMU was told behind one option, by key. Flags are `on` or `off`; nested keys are joined by dots. */
export type QemuOption = ReadonlyMap<string, string>;

const none: QemuOption = new Map();

// Any user's program may call itself QEMU and write what it likes into its command line, a megabyte deep or long.
const LONGEST_VALUE = 256;
const DEEPEST = 4;

/** Parts between commas; a doubled comma is one within a part. */
function splitCommas(text: string): string[] {
  return text
    .replaceAll(",,", "\0")
    .split(",")
    .map((part) => part.replaceAll("\0", ","));
}

function flatten(value: object, prefix: string, depth: number): [string, string][] {
  if (depth > DEEPEST) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]): [string, string][] => {
    if (typeof inner === "object" && inner !== null) return flatten(inner, `${prefix}${key}.`, depth + 1);
    const text = typeof inner === "boolean" ? (inner ? "on" : "off") : String(inner);
    return [[prefix + key, text.slice(0, LONGEST_VALUE)]];
  });
}

/** Of text that is no JSON QEMU made nothing either, and ended: whoever wrote it is no QEMU. */
function parseJson(text: string): QemuOption {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? new Map(flatten(value, "", 1)) : none;
  } catch {
    return none;
  }
}

/**
 * One argument in either of QEMU's spellings: `tap,id=n0,vhost=on`, or JSON, which libvirt writes since 7.0. Never throws:
 * what cannot be read says nothing.
 * @param implied the key of a first part that has none: `type` of a netdev, `driver` of a device
 */
export function parseQemuOption(text: string, implied: string): QemuOption {
  if (text.startsWith("{")) return parseJson(text);
  const parts = splitCommas(text).filter((part) => part !== "");
  return new Map(
    parts.map((part, i): [string, string] => {
      const equals = part.indexOf("=");
      if (equals >= 0) return [part.slice(0, equals), part.slice(equals + 1).slice(0, LONGEST_VALUE)];
      if (i === 0) return [implied, part.slice(0, LONGEST_VALUE)];
      return [part, "on"];
    }),
  );
}

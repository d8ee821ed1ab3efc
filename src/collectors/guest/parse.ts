import { ParseError } from "../../kernel/host.ts";

/**
 * A DMI product UUID, lower case as libvirt and vCenter write it. All zeros and all ones are what firmware leaves when
 * nobody set one: no identity, so empty.
 * @throws ParseError naming the file
 */
export function parseUuid(file: string, text: string): string {
  const uuid = text.trim().toLowerCase();
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid)) {
    throw new ParseError(`${file}: expected a UUID such as 4c4c4544-0042-3510-8058-b4c04f4d3231, got "${text.trim()}"`);
  }
  return /^[0-]+$/.test(uuid) || /^[f-]+$/.test(uuid) ? "" : uuid;
}

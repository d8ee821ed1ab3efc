/** Since this version of virtual hardware the guest's SMBIOS is of version 2.7, which has the first three groups in the other byte order. */
const FIRST_SWAPPED_HARDWARE = 13;

const UUID =
  /^([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})-([0-9a-f]{2})([0-9a-f]{2})-([0-9a-f]{2})([0-9a-f]{2})-(.*)$/;

/** The same UUID with the bytes of its first three groups in the other order; empty where it is no UUID. */
export function swapUuid(uuid: string): string {
  const [, a, b, c, d, e, f, g, h, rest] = UUID.exec(uuid) ?? [];
  return rest === undefined ? "" : `${d}${c}${b}${a}-${f}${e}-${h}${g}-${rest}`;
}

/**
 * The UUID as /sys/class/dmi/id/product_uuid shows it in the guest, and in the other order: a setting of the machine
 * (acpi.smbiosVersion2.7) may keep the older one.
 * @param uuid as vCenter writes it, lower case @param hardwareVersion 13 for vmx-13
 */
export function guestUuids(
  uuid: string,
  hardwareVersion: number | undefined,
): { readonly uuid: string; readonly uuidAlt: string } {
  const swapped = swapUuid(uuid);
  return (hardwareVersion ?? 0) >= FIRST_SWAPPED_HARDWARE
    ? { uuid: swapped, uuidAlt: uuid }
    : { uuid, uuidAlt: swapped };
}

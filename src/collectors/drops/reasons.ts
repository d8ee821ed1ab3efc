import type { KernelTypes } from "../../kernel/bpf/btf.ts";

/** Reasons of the kernel's core are counted one by one up to here; those beyond, together in the last place. */
export const CORE_SLOTS = 256;
/** The upper 16 bits of a reason name the part of the kernel that it belongs to; 0 is the core. */
export const SUBSYSTEM_SHIFT = 16;
const CORE_END = 2 ** SUBSYSTEM_SHIFT;
export const SUBSYSTEMS = 8;
/** Each other part has so many places; its reasons beyond, together in the last. */
export const SUBSYSTEM_SLOTS = 64;
export const SLOTS = CORE_SLOTS + (SUBSYSTEMS - 1) * SUBSYSTEM_SLOTS;

/** A reason's number in the kernel, with its name. */
export type ReasonNames = ReadonlyMap<number, string>;

const PREFIX = /^SKB_(?:DROP_REASON_)?/;
const SUBSYSTEM_PREFIX = /^SKB_DROP_REASON_SUBSYS_/;
/** Values of the enum that are no drops: what was not dropped, what was used up, the end and the mask. */
const NO_DROP = /^(NOT_DROPPED_YET|CONSUMED|MAX|SUBSYS_\w+)$/;

/** What kernels before 5.17 say of every drop: they have no reasons. */
export const withoutReasons: ReasonNames = new Map([[0, "NOT_SPECIFIED"]]);

/** Names of the core's reasons, and under their highest number those of its other parts, as this kernel's types have them. */
export function namesFromTypes(types: KernelTypes): ReasonNames {
  const core = [...(types.enumeration("skb_drop_reason") ?? [])];
  const subsystems = [...(types.enumeration("skb_drop_reason_subsys") ?? [])];
  return new Map([
    ...core.map(([value, name]): [number, string] => [value, name.replace(PREFIX, "")]),
    ...subsystems
      .filter(([value, name]) => value > 0 && !name.endsWith("_NUM"))
      .map(([value, name]): [number, string] => [value * CORE_END, name.replace(SUBSYSTEM_PREFIX, "")]),
  ]);
}

/** Names that Open vSwitch' datapath gives its reasons: of the kernel's types, or of the module's. */
export function ovsNames(types: KernelTypes): ReasonNames {
  return new Map(
    [...(types.enumeration("ovs_drop_reason") ?? [])].filter(([, name]) => /^OVS_DROP_(?!MAX$)/.test(name)),
  );
}

/** The number that a place of the table stands for. */
export function reasonOfSlot(slot: number): number {
  if (slot < CORE_SLOTS) return slot;
  const subsystem = 1 + Math.floor((slot - CORE_SLOTS) / SUBSYSTEM_SLOTS);
  return subsystem * CORE_END + ((slot - CORE_SLOTS) % SUBSYSTEM_SLOTS);
}

/**
 * A reason in the kernel's words; one without a name is called by its part of the kernel, or by its number.
 * @returns undefined for what is no drop
 */
export function reasonName(reason: number, names: ReasonNames): string | undefined {
  const name = names.get(reason) ?? (reason < CORE_END ? undefined : names.get(reason - (reason % CORE_END)));
  if (name === undefined) return String(reason);
  return NO_DROP.test(name) ? undefined : name;
}

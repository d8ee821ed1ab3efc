import type { TracepointType } from "../../kernel/bpf/btf.ts";
import {
  addTo,
  argument,
  compute,
  countKey,
  type Instruction,
  jumpIf,
  label,
  leave,
  lookup,
  move,
  store,
} from "../../kernel/bpf/instructions.ts";
import { CORE_SLOTS, SUBSYSTEM_SHIFT, SUBSYSTEM_SLOTS, SUBSYSTEMS } from "./reasons.ts";

/** Places on the program's stack, from its end. */
const KEY = -8;
const LOCATION_KEY = -24;
const ONE = -32;

/** Maps by their descriptors. */
export interface DropMaps {
  /** One entry per CPU: a counter for each slot of `reasons.ts`. */
  readonly counters: number;
  /** Where drops are also wanted by location and reason. */
  readonly locations: number | undefined;
}

/** Places of the tracepoint's arguments. */
export interface ArgumentPlaces {
  /** Without one, before Linux 5.17, each drop is counted as 0. */
  readonly reason: number | undefined;
  readonly location: number;
}

const USUAL_LOCATION = 1;

/** Where `kfree_skb` has what we read. */
export function placesIn({ arguments: names }: TracepointType): ArgumentPlaces {
  const place = (name: string) => (names.includes(name) ? names.indexOf(name) : undefined);
  return { reason: place("reason"), location: place("location") ?? USUAL_LOCATION };
}

/** Counts a drop at its reason: a lookup, an addition, and nothing that could wait or fail. */
export function countDrops({ counters, locations }: DropMaps, { reason, location }: ArgumentPlaces): Instruction[] {
  return [
    ...(locations === undefined ? [] : [argument("r8", location)]),
    ...(reason === undefined ? [move("r6", 0)] : [argument("r6", reason), move("r6", "r6", 32)]),
    move("r9", "r6"),
    ...slotOfReason(),
    store("fp", KEY, 0, 4),
    ...lookup(counters, KEY),
    jumpIf("r0", "==", 0, "counted"),
    compute("shiftLeft", "r6", 3),
    compute("add", "r0", "r6"),
    ...addTo("r0", 0, 1, "r1"),
    label("counted"),
    ...(locations === undefined ? [] : countLocation(locations)),
    ...leave(),
  ];
}

/** r6, a reason, becomes its slot; `reasonOfSlot` is the way back. */
function slotOfReason(): Instruction[] {
  return [
    jumpIf("r6", "<", CORE_SLOTS, "slot"),
    move("r7", "r6"),
    compute("shiftRight", "r7", SUBSYSTEM_SHIFT),
    compute("and", "r6", 2 ** SUBSYSTEM_SHIFT - 1),
    ...atMost("r6", SUBSYSTEM_SLOTS - 1, "low"),
    ...atMost("r7", SUBSYSTEMS - 1, "high"),
    compute("multiply", "r7", SUBSYSTEM_SLOTS),
    compute("add", "r6", "r7"),
    compute("add", "r6", CORE_SLOTS - SUBSYSTEM_SLOTS),
    label("slot"),
  ];
}

function atMost(register: "r6" | "r7", most: number, name: string): Instruction[] {
  return [jumpIf(register, "<=", most, name), move(register, most), label(name)];
}

/** r8 is the location, r9 the reason. */
function countLocation(map: number): Instruction[] {
  return [store("fp", LOCATION_KEY, "r8"), store("fp", LOCATION_KEY + 8, "r9"), ...countKey(map, LOCATION_KEY, ONE)];
}

import { nativeBytes } from "../ffi/libc.ts";
import { refused } from "./refusal.ts";
import { bpf, struct } from "./system-call.ts";
import type { BpfMap, CpuValue, MapShape } from "./tracing.ts";

// enum bpf_cmd and bpf_map_type (include/uapi/linux/bpf.h).
const MAP_CREATE = 0;
const LOOKUP = 1;
const UPDATE = 2;
const DELETE = 3;
const NEXT_KEY = 4;
const kinds: Readonly<Record<MapShape["kind"], number>> = { hash: 1, "per-cpu-hash": 5, "per-cpu": 6 };
const WORD = 8;

/**
 * @param cpus that this machine may ever have: a value per CPU has a place for each, in this order
 * @throws SourceAbsentError, NotPermittedError
 */
export function createMap({ kind, keyBytes, words, entries }: MapShape, cpus: readonly number[]): BpfMap {
  const created = bpf(MAP_CREATE, struct(72, { 0: kinds[kind], 4: keyBytes, 8: WORD * words, 12: entries }));
  if ("error" in created) throw refused("a BPF map", created.error);
  const descriptor = created.value;
  const places = kind === "hash" ? [0] : cpus;
  const key = nativeBytes(keyBytes);
  const value = nativeBytes(places.length * words * WORD);
  const numbers = new BigUint64Array(value.buffer, 0, places.length * words);
  const halves = new Uint32Array(value.buffer, 0, 2 * numbers.length);
  const withValue = struct(32, { 0: descriptor }, { 8: key, 16: value });
  const withKey = struct(32, { 0: descriptor }, { 8: key });

  /** @returns false where there is no such key, or no room for it */
  function ask(command: number, request: Uint8Array): boolean {
    const answer = bpf(command, request);
    if ("value" in answer) return true;
    if (answer.error === "ENOENT" || answer.error === "E2BIG" || answer.error === "ENOMEM") return false;
    throw refused(`BPF map, command ${command}`, answer.error);
  }

  /** In halves: a machine of 128 CPUs has 90,000 numbers in one value, and BigInts are slow. */
  function numbersAt(first: number): Float64Array {
    const result = new Float64Array(words);
    for (let i = 0; i < words; i++) {
      const at = 2 * (first + i);
      result[i] = (halves[at + 1] as number) * 2 ** 32 + (halves[at] as number);
    }
    return result;
  }

  return {
    descriptor,
    read(wanted) {
      key.set(wanted);
      if (!ask(LOOKUP, withValue)) return undefined;
      return places.map((cpu, i): CpuValue => ({ cpu, words: numbersAt(i * words) }));
    },
    keys() {
      const found: Uint8Array[] = [];
      const next = nativeBytes(keyBytes);
      const first = bpf(NEXT_KEY, struct(32, { 0: descriptor }, { 16: next }));
      const following = struct(32, { 0: descriptor }, { 8: key, 16: next });
      // A key that is removed meanwhile begins the walk anew: never more steps than there can be entries.
      let more = "value" in first;
      while (more && found.length < entries) {
        found.push(Uint8Array.from(next));
        key.set(next);
        more = "value" in bpf(NEXT_KEY, following);
      }
      return found;
    },
    write(wanted, values) {
      key.set(wanted);
      numbers.set(values);
      return ask(UPDATE, withValue);
    },
    remove(wanted) {
      key.set(wanted);
      ask(DELETE, withKey);
    },
  };
}

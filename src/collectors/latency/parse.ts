import { BUCKETS } from "./metrics.ts";

/** Bytes of an interface's name, padded with zeros; the backlog of a CPU polls for no interface. */
export function deviceName(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  const name = String.fromCharCode(...bytes.subarray(0, end < 0 ? bytes.length : end));
  return name === "" ? "(no device)" : name;
}

/** A histogram as the programs keep it: counts of the buckets, of what is above them, nanoseconds in sum. */
export function histogramOf(words: Float64Array): { readonly counts: number[]; readonly sumSeconds: number } {
  return { counts: [...words.subarray(0, BUCKETS + 1)], sumSeconds: (words[BUCKETS + 1] ?? 0) / 1e9 };
}

import { BUCKETS } from "./metrics.ts";

/** The kernel keeps 15 characters of a name: `qemu-system-x86`. Distributions call it `qemu-kvm` and `kvm` as well. */
export function isQemu(comm: string): boolean {
  return /^(\.?qemu-system-|qemu-kvm$|kvm$|qemu:)/.test(comm.trim());
}

/** The process that a thread of vhost works for: up to Linux 6.3 it is a process of its own in /proc. */
export function vhostOwner(comm: string): string | undefined {
  return /^vhost-(\d+)$/.exec(comm.trim())?.[1];
}

/**
 * What a thread of QEMU does: `vcpu0`, `vhost`, `iothread`, `emulator` for the main thread, which carries packets where vhost
 * does not; undefined for others. Names are set where QEMU was told debug-threads=on, as libvirt does.
 */
export function threadRole(comm: string, isMain: boolean): string | undefined {
  if (isMain) return "emulator";
  const vcpu = /^CPU (\d+)\/\w+$/.exec(comm.trim())?.[1];
  if (vcpu !== undefined) return `vcpu${vcpu}`;
  if (comm.startsWith("IO ")) return comm.includes("mon_iothread") ? undefined : "iothread";
  return vhostOwner(comm) === undefined ? undefined : "vhost";
}

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

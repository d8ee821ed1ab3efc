import type { IoThread } from "./vm.ts";

/** The kernel keeps 15 characters of a name: `qemu-system-x86`. `qemu:NAME` is what older versions of libvirt made of it. */
export function isQemuName(comm: string): boolean {
  return /^(\.?qemu-system-|qemu-kvm$|kvm$|qemu:)/.test(comm.trim());
}

/** The process that a kernel thread of vhost works for, up to kernel 6.3; later ones are threads of the process itself. */
export function vhostOwner(comm: string): string | undefined {
  return /^vhost-(\d+)$/.exec(comm.trim())?.[1];
}

/** What a thread of QEMU does, as far as it touches packets; the name of its main thread says nothing. */
export type ThreadRole = { readonly vcpu: number } | { readonly thread: IoThread["thread"] } | undefined;

/**
 * Threads have names of their own where QEMU was told debug-threads=on, as libvirt does: `CPU 0/KVM`, `CPU 3/TCG`,
 * `IO iothread1`. The one called mon_iothread serves libvirt.
 */
export function threadRole(comm: string, isMain: boolean): ThreadRole {
  const vcpu = /^CPU (\d+)\/\w+$/.exec(comm.trim())?.[1];
  if (vcpu !== undefined) return { vcpu: Number(vcpu) };
  if (isMain) return { thread: "emulator" };
  if (/^IO (?!mon_iothread)/.test(comm)) return { thread: "iothread" };
  return vhostOwner(comm) === undefined ? undefined : { thread: "vhost" };
}

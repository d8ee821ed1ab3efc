/** Where libvirt is asked, and what for. */
export interface LibvirtTarget {
  /** What the daemon is asked to open. */
  readonly driver: "qemu:///system" | "qemu:///session";
  /** The daemon's socket; undefined: wherever libvirt itself would look for it. */
  readonly socket: string | undefined;
}

export const libvirtUriExpectation =
  "expected qemu:///system, qemu:///session or one of them with a socket, such as qemu+unix:///system?socket=/run/libvirt/libvirt-sock-ro";

/** A connection URI as libvirt's own tools take it; undefined for those that lead to another machine or hypervisor. */
export function parseLibvirtUri(uri: string): LibvirtTarget | undefined {
  const [, scope, socket] = /^qemu(?:\+unix)?:\/\/\/(system|session)(?:\?socket=(\/[^&]+))?$/.exec(uri) ?? [];
  if (scope === undefined) return undefined;
  return { driver: scope === "system" ? "qemu:///system" : "qemu:///session", socket };
}

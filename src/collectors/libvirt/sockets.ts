import type { Host } from "../../kernel/host.ts";
import type { LibvirtTarget } from "./uri.ts";

/** Of the daemon for QEMU alone, and of the one for everything, which libvirt's client tries in this order. */
const READ_ONLY = ["virtqemud-sock-ro", "libvirt-sock-ro"];
const OWN = ["virtqemud-sock", "libvirt-sock"];
const SYSTEM = "/run/libvirt";

/** Where the daemon may listen, in the order in which to try. */
export async function socketsOf(host: Host, { driver, socket }: LibvirtTarget): Promise<readonly string[]> {
  if (socket !== undefined) return [socket];
  if (driver === "qemu:///system") return READ_ONLY.map((name) => `${SYSTEM}/${name}`);
  const environment = parseEnvironment(await host.readText("/proc/self/environ"));
  const runtime = environment.get("XDG_RUNTIME_DIR") ?? `${environment.get("HOME") ?? "/root"}/.cache`;
  // A user's own daemon has no second socket for those who only read.
  return OWN.map((name) => `${runtime}/libvirt/${name}`);
}

function parseEnvironment(text: string): Map<string, string> {
  return new Map(
    text.split("\0").map((entry) => {
      const at = entry.indexOf("=");
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}

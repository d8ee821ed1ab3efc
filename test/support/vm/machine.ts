import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { domainXml, type MachineIdentity, qemuArguments } from "./domain.ts";
import { type GuestShell, openGuestShell } from "./guest-shell.ts";
import { BRIDGE, end, type Hypervisor, startGuarded } from "./hypervisor.ts";

/** A running virtual machine whose exporter is starting. */
export interface Machine {
  readonly name: string;
  readonly uuid: string;
  /** From the start to the first answer of its shell. */
  readonly bootSeconds: number;
  readonly inGuest: GuestShell["run"];
  destroy(): Promise<void>;
}

const BOOT_SECONDS = 60;

/** The host's ends of the NICs of a machine that QEMU alone runs. */
export const TAPS = { virtio: "tap-virtio", e1000: "tap-e1000" };

/** Starts one under libvirt, which has to run. */
export async function startVm(hypervisor: Hypervisor, name: string, uuid: string): Promise<Machine> {
  const identity = { name, uuid, directory: hypervisor.directory };
  const file = join(hypervisor.directory, `${name}.xml`);
  writeFileSync(file, domainXml(identity));
  return started(identity, async () => {
    await hypervisor.virsh("create", file);
    return () => hypervisor.virsh("destroy", name);
  });
}

/** Starts the same machine by QEMU alone. */
export async function startQemu({ host, directory }: Hypervisor, name: string, uuid: string): Promise<Machine> {
  const identity = { name, uuid, directory };
  return started(identity, async () => {
    await host.sh(`
      ip tuntap add ${TAPS.virtio} mode tap vnet_hdr multi_queue; ip link set ${TAPS.virtio} master ${BRIDGE} up
      ip tuntap add ${TAPS.e1000} mode tap vnet_hdr; ip link set ${TAPS.e1000} master ${BRIDGE} up`);
    const child = startGuarded(host.command(...qemuArguments(identity, TAPS)));
    child.stdout?.resume();
    return async () => {
      await end(child);
      await host.sh(`ip link del ${TAPS.virtio}; ip link del ${TAPS.e1000}`);
    };
  });
}

/** @param start @returns how to stop it */
async function started(
  { name, uuid, directory }: MachineIdentity,
  start: () => Promise<() => Promise<unknown>>,
): Promise<Machine> {
  const from = performance.now();
  const stop = await start();
  try {
    const shell = await openGuestShell(join(directory, `${name}.sock`), BOOT_SECONDS);
    return {
      name,
      uuid,
      bootSeconds: (performance.now() - from) / 1000,
      inGuest: shell.run,
      async destroy() {
        shell.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    const console = join(directory, `${name}.console`);
    throw new Error(`${String(error)}\n${existsSync(console) ? readFileSync(console, "utf8") : ""}`);
  }
}

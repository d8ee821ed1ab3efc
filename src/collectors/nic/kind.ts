import type { MachineFacts } from "../../kernel/machine.ts";

export type NicKind = "emulated" | "paravirtual" | "passthrough" | "physical" | "virtual";

/** What sysfs and ethtool say of an interface. */
export interface NicIdentity {
  /** Name of the driver by ethtool or sysfs; empty where neither tells. */
  readonly driver: string;
  /** virtio, pci, vmbus, xen, …; empty for an interface without a device behind it. */
  readonly bus: string;
  /** PCI subsystem `vendor:device`, four hex digits each; empty elsewhere. */
  readonly subsystem: string;
  /** Is it a virtual function of a card that this machine itself owns? */
  readonly virtualFunction: boolean;
}

/** Drivers that speak with a hypervisor or a cloud's card instead of with a chip's registers. */
const paravirtualDrivers = new Set([
  "virtio_net",
  "vmxnet3",
  "hv_netvsc",
  "xen_netfront",
  "vif",
  "ena",
  "gve",
  "ibmveth",
]);

/** Drivers of virtual functions only. Other cards have one driver for both (mlx5_core, bnxt_en, …). */
const virtualFunctionDrivers = new Set([
  "iavf",
  "i40evf",
  "ixgbevf",
  "igbvf",
  "cxgb4vf",
  "mana",
  "hns3vf",
  "nicvf",
  "rvu_nicvf",
  "octeon_ep_vf",
  "liquidio_vf",
  "funeth",
]);

/** Drivers of cards that hypervisors imitate. Each drives a real card too. */
const imitatedDrivers = new Set([
  "e1000",
  "e1000e",
  "igb",
  "8139too",
  "8139cp",
  "pcnet32",
  "ne2k-pci",
  "e100",
  "tulip",
  "uli526x",
]);

/**
 * Subsystem ids of imitated cards. QEMU stamps its own vendor on most; but its e1000e and igb carry Intel's with device 0,
 * its pcnet none at all, its tulip one of HP's. Xen and VMware stamp theirs.
 */
const imitatedSubsystems = /^(1af4:1100|8086:0000|0000:0000|103c:104f|15ad:|5853:)/;

/** Here even the subsystem ids are those of real cards; but these hypervisors cannot pass such a card through. */
const perfectImitators: Readonly<Record<string, ReadonlySet<string>>> = {
  vmware: new Set(["pcnet32"]),
  virtualbox: new Set(["e1000", "pcnet32"]),
  hyperv: new Set(["tulip"]),
};

function isEmulated(nic: NicIdentity, machine: MachineFacts | undefined): boolean {
  if (nic.bus !== "pci" || !imitatedDrivers.has(nic.driver) || machine?.virtual === false) return false;
  const imitator = perfectImitators[machine?.hypervisor ?? ""];
  return imitatedSubsystems.test(nic.subsystem) || imitator?.has(nic.driver) === true;
}

/**
 * What stands behind an interface. A hardware driver in a guest that nobody imitates drives a card that was passed through.
 * @param machine undefined while it is not known yet; the ids of QEMU or VMware are then believed
 */
export function nicKind(nic: NicIdentity, machine: MachineFacts | undefined): NicKind {
  if (nic.bus === "") return "virtual";
  const driver = nic.driver.replaceAll("-", "_");
  if (nic.bus === "virtio" || paravirtualDrivers.has(driver)) return "paravirtual";
  if (isEmulated(nic, machine)) return "emulated";
  if (nic.virtualFunction || virtualFunctionDrivers.has(driver)) return "passthrough";
  return machine?.virtual && nic.bus === "pci" ? "passthrough" : "physical";
}

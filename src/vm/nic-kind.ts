import type { NicKind } from "./vm.ts";

/** Models that imitate a piece of hardware, register by register: QEMU's and VMware's names. */
const emulated =
  /^(e1000e?|e1000-82\w+|igb|rtl8139|pcnet(32)?|ne2k(_pci|_isa)?|i8255\d\w?|tulip|usb-net|vlance|flexible|virtuale1000e?|virtualpcnet32)$/;
const paravirtual = /^(virtio(-.*)?|vhost.*|(virtual)?vmxnet[23]?|(virtual)?vmxnet3vrdma|netfront|hv_netvsc)$/;
const passthrough = /^(hostdev|vfio(-pci)?|vdpa|sriov|virtualsriovethernetcard|virtualpcipassthrough)$/;

/** @param model as a hypervisor spells it, in any case; without one, nobody said what it is */
export function vmNicKind(model: string): NicKind {
  const name = model.toLowerCase();
  if (emulated.test(name)) return "emulated";
  if (paravirtual.test(name)) return "paravirtual";
  return passthrough.test(name) ? "passthrough" : "unknown";
}

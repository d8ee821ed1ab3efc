import { vmNicKind } from "../../src/vm/nic-kind.ts";

test.each([
  ["virtio", "paravirtual"],
  ["virtio-net-pci", "paravirtual"],
  ["VirtualVmxnet3", "paravirtual"],
  ["e1000", "emulated"],
  ["e1000e", "emulated"],
  ["e1000-82545em", "emulated"],
  ["rtl8139", "emulated"],
  ["VirtualE1000", "emulated"],
  ["VirtualPCNet32", "emulated"],
  ["vfio-pci", "passthrough"],
  ["VirtualSriovEthernetCard", "passthrough"],
  ["", "unknown"],
  ["spapr-vlan-of-2031", "unknown"],
])("%s is %s", (model, kind) => {
  expect(vmNicKind(model)).toBe(kind);
});

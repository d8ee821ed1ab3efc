import { type NicIdentity, nicKind } from "../../../src/collectors/nic/kind.ts";

const kvm = { virtual: true, hypervisor: "kvm" };
const bareMetal = { virtual: false, hypervisor: "" };

function card(driver: string, subsystem = "", bus = "pci", virtualFunction = false): NicIdentity {
  return { driver, bus, subsystem, virtualFunction };
}

test.each([
  [card("virtio_net", "", "virtio"), kvm, "paravirtual"],
  [card("vmxnet3", "15ad:07b0"), { virtual: true, hypervisor: "vmware" }, "paravirtual"],
  [card("hv_netvsc", "", "vmbus"), { virtual: true, hypervisor: "hyperv" }, "paravirtual"],
  [card("vif", "", "xen"), { virtual: true, hypervisor: "xen" }, "paravirtual"],
  [card("xen-netfront", "", "xen"), { virtual: true, hypervisor: "xen" }, "paravirtual"],
  [card("ena", "1d0f:ec20"), kvm, "paravirtual"],
  [card("gve", "1ae0:0058"), kvm, "paravirtual"],
  [card("e1000", "1af4:1100"), kvm, "emulated"],
  [card("e1000", "15ad:0750"), { virtual: true, hypervisor: "vmware" }, "emulated"],
  [card("e1000", "8086:001e"), { virtual: true, hypervisor: "virtualbox" }, "emulated"],
  [card("e1000e", "8086:0000"), kvm, "emulated"],
  [card("pcnet32", "1022:2000"), { virtual: true, hypervisor: "vmware" }, "emulated"],
  [card("tulip", ""), { virtual: true, hypervisor: "hyperv" }, "emulated"],
  [card("e1000", "1af4:1100"), undefined, "emulated"],
  [card("e1000e", "17aa:2259"), bareMetal, "physical"],
  [card("e1000e", "8086:0000"), bareMetal, "physical"],
  [card("e1000e", "17aa:2259"), undefined, "physical"],
  [card("e1000e", "17aa:2259"), kvm, "passthrough"],
  [card("mlx5_core", "15b3:0008"), kvm, "passthrough"],
  [card("mlx5_core", "15b3:0008"), bareMetal, "physical"],
  [card("mlx5_core", "15b3:0008", "pci", true), bareMetal, "passthrough"],
  [card("iavf", "8086:0001"), undefined, "passthrough"],
  [card("cdc_ether", "", "usb"), kvm, "physical"],
  [card("bridge", "", ""), kvm, "virtual"],
])("%j on %j is %s", (identity, machine, kind) => {
  expect(nicKind(identity, machine)).toBe(kind);
});
